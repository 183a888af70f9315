import Giftbridge

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// `/orders/ID`: an order's status, the reason, what happens next, what to do, and its history.
struct OrderPage {
    let story: OrderStory
    let forms: ActionForms?

    var html: HTML {
        let order = story.order
        return """
            <div class="title"><h1>Order \(order.name)</h1>\(order.status.pill(needsAttention: order.needsAttention).html)</div>
            <p class="quiet">Giftbridge #\(order.id), shop \(order.shop)</p>
            \(order.error.map { "<p class=\"reason\">\($0)</p>" as HTML })
            <div class="columns">
            <section><h2>What happens next</h2><p>\(story.outlook.next)\(story.outlook.at.map { " Expected \(HTML.moment($0))." as HTML })</p>
            \(options)\(forms?.order(order))</section>
            <section><h2>The order</h2>\(facts)</section>
            </div>
            <section><h2>What happened</h2>\(timeline)</section>
            """
    }

    private var options: HTML? {
        let options = story.outlook.options
        guard !options.isEmpty else { return nil }
        let items = options.map { option -> HTML in
            "<li>\(option.what)\(option.command.map { "<code>\($0)</code>" as HTML })</li>"
        }
        return "<h3>What you can do</h3><ul class=\"options\">\(items)</ul>"
    }

    private var facts: HTML {
        let order = story.order
        let codes = order.codes.map { "\($0), in the order's row (not shown here)" } ?? "none yet"
        return """
            <dl class="facts">
            <div><dt>Vouchers</dt><dd>\(order.items)</dd></div>
            <div><dt>Voucher codes</dt><dd>\(codes)</dd></div>
            <div><dt>Reference at Smart Gift</dt><dd>\(order.orderReference ?? "–")</dd></div>
            <div><dt>Attempts</dt><dd>\(order.attempts)</dd></div>
            <div><dt>Inserted</dt><dd>\(HTML.exactly(order.createdAt))</dd></div>
            <div><dt>Completed</dt><dd>\(order.completedAt.map(HTML.exactly) ?? "–")</dd></div>
            </dl>
            """
    }

    private var timeline: HTML {
        var last: Date?
        let items = story.timeline.map { event -> HTML in
            let since: HTML? = last.map {
                " <span class=\"quiet\">+\(BriefDuration(seconds: event.at.timeIntervalSince($0)).description)</span>"
            }
            last = event.at
            return """
                <li><div class="when">\(HTML.exactly(event.at))\(since)</div><div class="what">\(event.what)</div>\
                \(event.detail.map { "<div class=\"detail\">\($0)</div>" as HTML })</li>
                """
        }
        return "<ol class=\"timeline\">\(items)</ol>"
    }
}
