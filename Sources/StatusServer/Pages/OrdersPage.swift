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
