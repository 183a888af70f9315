import Giftbridge

/// `/`: the status, and the orders that need attention.
struct OverviewPage {
    /// Nil: the database does not respond.
    let page: FrontPage?
    /// Why it does not respond.
    var fault: String?
    /// The worker of this process.
    let counts: WorkerCounts
    /// The forms of a signed-in user.
    let forms: ActionForms?

    var html: HTML {
        guard let page else {
            return """
                \(Headline(fault: fault ?? "no reason is known").html)
                \(own)
                """
        }
        return """
            \(Headline(overview: page.overview, counts: counts).html)
            \(orders(page.overview))
            <section><h2>Queues</h2>\(QueueTable(queues: page.overview.queues, forms: forms).html)</section>
            <section><h2>Last hour</h2>\(RateChart(minutes: page.soldByMinute).html)</section>
            <section><h2>Workers</h2>\(WorkerTable(workers: page.overview.workers).html)</section>
            """
    }

    private func orders(_ overview: Overview) -> HTML? {
        let total = overview.queues.reduce(0) { $0 + $1.needsAttention }
        guard !overview.needsAttention.isEmpty else { return nil }
        let more: HTML? =
            total > overview.needsAttention.count
            ? "<p class=\"quiet\">Showing the newest \(overview.needsAttention.count) of \(total). <a href=\"/orders?needs=attention\">More</a></p>"
            : nil
        return """
            <section><h2>Orders that need attention</h2>
            \(OrderTable(orders: overview.needsAttention).html)\(more)</section>
            """
    }

    /// The status of this process, which needs no database.
    private var own: HTML {
        """
        <section><h2>This worker</h2>
        <dl class="facts">
        <div><dt>State</dt><dd>\(counts.state)</dd></div>
        <div><dt>Requests in flight</dt><dd>\(counts.inFlight)</dd></div>
        <div><dt>Results waiting to be saved</dt><dd>\(counts.unwritten)</dd></div>
        <div><dt>Orders completed since it started</dt><dd>\(counts.orders[.completed] ?? 0)</dd></div>
        </dl>
        </section>
        """
    }
}
