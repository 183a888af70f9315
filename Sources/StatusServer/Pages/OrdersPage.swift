import FoundationEssentials
import Giftbridge

/// `/orders`: the newest orders, or the results of a search.
struct OrdersPage {
    let search: OrderSearch
    /// The search text; nil: none.
    let name: String?
    let orders: [OrderSummary]

    var html: HTML {
        """
        <h1>\(name.map { "Search results for \($0)" } ?? "Orders")</h1>
        <nav class="filters" aria-label="Filter">\(Self.filters.map { link($0.word, $0.query) })</nav>
        \(search.shop.map { "<p class=\"quiet\">Only orders of shop <strong>\($0)</strong>. <a href=\"/orders\">All shops</a></p>" as HTML })
        \(result)
        """
    }

    private var result: HTML {
        if orders.isEmpty {
            return name == nil
                ? "<p class=\"quiet\">No orders found.</p>"
                : "<p class=\"quiet\">No orders found. Search for a complete shop order number, or for a Giftbridge id such as <code>#12</code>.</p>"
        }
        let more: HTML? =
            orders.count == search.limit ? "<p class=\"quiet\">Showing the newest \(search.limit).</p>" : nil
        return "<section>\(OrderTable(orders: orders).html)\(more)</section>"
    }

    private static let filters: [(word: String, query: String)] =
        [("all", ""), ("need attention", "needs=attention")]
        + [OrderStatus.pending, .submitting, .inDoubt, .rejected, .failed, .completed, .cancelled].map {
            ($0.pill(needsAttention: true).word, "status=\($0.rawValue)")
        }

    private func link(_ word: String, _ query: String) -> HTML {
        let current =
            search.needsAttention
            ? "needs=attention" : search.status.map { "status=\($0.rawValue)" } ?? (name == nil ? "" : nil)
        let shop = search.shop.map { "shop=\($0.queryEncoded)" }
        let whole = [shop, query.isEmpty ? nil : query].compactMap(\.self).joined(separator: "&")
        let address = whole.isEmpty ? "/orders" : "/orders?\(whole)"
        return current == query
            ? "<a href=\"\(address)\" aria-current=\"page\">\(word)</a>" : "<a href=\"\(address)\">\(word)</a>"
    }
}

/// Orders, one row each.
struct OrderTable {
    let orders: [OrderSummary]

    var html: HTML {
        let rows = orders.map { order -> HTML in
            """
            <tr><th scope="row"><a href="/orders/\(order.id)">\(order.name)</a></th>
            <td data-label="Shop" class="name">\(order.shop)</td>
            <td data-label="State">\(order.status.pill(needsAttention: order.needsAttention).html)</td>
            <td data-label="Changed">\(HTML.moment(order.updatedAt))</td>
            <td data-label="Reason" class="why">\(order.error ?? "")</td></tr>
            """
        }
        return """
            <table class="cards"><thead><tr><th scope="col">Order</th><th scope="col">Shop</th><th scope="col">State</th>
            <th scope="col">Changed</th><th scope="col">Reason</th></tr></thead>
            <tbody>\(rows)</tbody></table>
            """
    }
}

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

extension OrderSummary {
    /// The order's number as people use it.
    var name: String { shopOrderID ?? "gb-\(id)" }
}
