import Giftbridge

/// `/orders`: the newest orders, all or those that were searched for.
struct OrdersPage {
    let search: OrderSearch
    /// What was typed; nil: nothing.
    let name: String?
    let orders: [OrderSummary]

    var html: HTML {
        """
        <h1>\(name.map { "Orders called \($0)" } ?? "Orders")</h1>
        <nav class="filters" aria-label="Filter">\(Self.filters.map { link($0.word, $0.query) })</nav>
        \(search.shop.map { "<p class=\"quiet\">Of shop <strong>\($0)</strong> only. <a href=\"/orders\">All shops</a></p>" as HTML })
        \(result)
        """
    }

    private var result: HTML {
        if orders.isEmpty {
            return name == nil
                ? "<p class=\"quiet\">There is none.</p>"
                : "<p class=\"quiet\">There is none. Search for the shop's whole order number, or for Giftbridge's, as <code>#12</code>.</p>"
        }
        let more: HTML? =
            orders.count == search.limit ? "<p class=\"quiet\">The newest \(search.limit) are shown.</p>" : nil
        return "<section>\(OrderTable(orders: orders).html)\(more)</section>"
    }

    private static let filters: [(word: String, query: String)] =
        [("all", ""), ("need a person", "needs=attention")]
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
