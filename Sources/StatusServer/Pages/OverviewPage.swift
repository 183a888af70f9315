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

/// The headline: whether all is well, and if not, what is wrong and what to do.
struct Headline {
    private let tone: Pill.Tone
    private let sentence: String
    private let details: [HTML]

    /// - Parameters:
    ///   - overview: The status from the database.
    ///   - counts: The worker of this process.
    init(overview: Overview, counts: WorkerCounts) {
        let queues = overview.queues
        let attention = queues.reduce(0) { $0 + $1.needsAttention }
        let paused = queues.filter(\.paused)
        let dead = overview.workers.filter { $0.state == .dead && $0.heartbeatSeconds < 24 * 3600 }
        let running = overview.workers.count { $0.state == .running }
        var details: [HTML] = overview.installation.findings.map { "\($0.what) \($0.remedy ?? "")" }
        details += paused.map { shop in
            let probe: HTML? = shop.pausedUntil.map { " The next test order goes out \(HTML.moment($0))." }
            return "Shop <strong>\(shop.shop)</strong> is paused: \(shop.pauseReason ?? "no reason was given").\(probe)"
        }
        if !counts.isListening, counts.state == "running" {
            details.append(
                "This worker gets no notifications of new orders, and polls for them instead. Its last error says why.")
        }
        if !dead.isEmpty {
            details.append(
                "\(Self.count(dead.count, "worker")) disappeared without a clean shutdown. Their open requests become in_doubt when the lease expires, and are then verified."
            )
        }
        self.details = details
        let waiting = queues.reduce(0) { $0 + $1.pending + $1.submitting }
        if running == 0 {
            (tone, sentence) = (.bad, "No worker is running, so nothing is being sent.")
        } else if attention > 0 {
            (tone, sentence) = (
                .bad, "\(Self.count(attention, "order")) \(attention == 1 ? "needs" : "need") attention."
            )
        } else if !paused.isEmpty {
            (tone, sentence) = (
                .watch, "\(Self.count(paused.count, "shop")) \(paused.count == 1 ? "is" : "are") paused."
            )
        } else if !details.isEmpty {
            (tone, sentence) = (.watch, "Orders are being processed, but there are problems.")
        } else if waiting > 0 {
            (tone, sentence) = (
                .good,
                "All is well. \(Self.count(waiting, "order")) \(waiting == 1 ? "is" : "are") waiting or being sent."
            )
        } else {
            (tone, sentence) = (.good, "All is well. No orders are waiting.")
        }
    }

    /// - Parameter fault: Why the database does not respond.
    init(fault: String) {
        tone = .bad
        sentence = "The database does not respond."
        details = ["\(fault)", "The vendor's answers are kept, and are saved when the database responds again."]
    }

    var html: HTML {
        let list: HTML? = details.isEmpty ? nil : "<ul>\(details.map { "<li>\($0)</li>" as HTML })</ul>"
        return "<div class=\"headline \(tone.rawValue)\" role=\"status\"><h1>\(sentence)</h1>\(list)</div>"
    }

    private static func count(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
}

/// The shops' queues. On a phone each row becomes a card, so each cell has its column's name.
struct QueueTable {
    let queues: [ShopQueue]
    let forms: ActionForms?

    /// Maximum number of shops; `giftbridge status` shows all.
    private static let most = 100

    var html: HTML {
        let rows = queues.prefix(Self.most).map { queue -> HTML in
            let name = queue.shop.queryEncoded
            return """
                <tr><th scope="row">\(queue.shop)</th><td data-label="State">\(queue.pill.html)</td>
                \(HTML.cell("Waiting", queue.pending))
                \(HTML.cell("Sending", queue.submitting))
                \(HTML.cell("In doubt", queue.inDoubt, link: "shop=\(name)&status=in_doubt"))
                \(HTML.cell("Refused", queue.rejected + queue.failed, link: "shop=\(name)&needs=attention"))
                \(HTML.cell("Oldest", seconds: queue.oldestPendingSeconds))
                <td data-label="Allowance left" class="number">\(queue.allowanceLeft.map { "\($0)" } ?? "no limit")</td>
                \(HTML.cell("Estimated finish", seconds: queue.pending == 0 ? nil : queue.etaSeconds))
                \(HTML.cell("Sold last hour", queue.completedLastHour))
                \(forms.map { "<td class=\"act\">\($0.shop(queue))</td>" as HTML })</tr>
                """
        }
        return """
            <table class="cards"><thead><tr><th scope="col">Shop</th><th scope="col">State</th>
            <th scope="col" class="number">Waiting</th><th scope="col" class="number">Sending</th>
            <th scope="col" class="number">In doubt</th><th scope="col" class="number">Refused</th>
            <th scope="col" class="number">Oldest</th><th scope="col" class="number">Allowance left</th>
            <th scope="col" class="number">Estimated finish</th><th scope="col" class="number">Sold last hour</th>
            \(forms.map { _ in "<th scope=\"col\"><span class=\"hidden\">Actions</span></th>" as HTML })</tr></thead>
            <tbody>\(rows)</tbody></table>
            """
    }
}

/// The worker processes; the dead ones marked.
struct WorkerTable {
    let workers: [WorkerReport]

    private static let most = 50

    var html: HTML {
        let rows = workers.prefix(Self.most).map { worker -> HTML in
            let fault: HTML? = worker.lastError.map { text in
                "\(text)\(worker.lastErrorAt.map { " (\(HTML.moment($0)))" as HTML })"
            }
            let polls: HTML? =
                worker.state == .running && !worker.listening ? "Not listening for notifications; polling. " : nil
            return """
                <tr class="\(worker.state.rawValue)"><th scope="row">\(worker.host) <span class="quiet">\(worker.pid)</span></th>
                <td data-label="State">\(worker.state.pill.html)</td>
                <td data-label="Last seen">\(HTML.moment(worker.heartbeatAt))</td>
                \(HTML.cell("Sending", worker.inFlight))
                \(HTML.cell("Completed", worker.completed))
                \(HTML.cell("Refused", worker.rejected))
                \(HTML.cell("In doubt", worker.inDoubt))
                <td data-label="Version">\(worker.version)</td>
                <td data-label="Last error" class="why">\(polls)\(fault)</td></tr>
                """
        }
        return """
            <table class="cards"><thead><tr><th scope="col">Worker</th><th scope="col">State</th><th scope="col">Last seen</th>
            <th scope="col" class="number">Sending</th><th scope="col" class="number">Completed</th>
            <th scope="col" class="number">Refused</th><th scope="col" class="number">In doubt</th>
            <th scope="col">Version</th><th scope="col">Last error</th></tr></thead>
            <tbody>\(rows)</tbody></table>
            """
    }
}

extension HTML {
    /// A table's cell with a number; a zero is hidden on a phone.
    fileprivate static func cell(_ label: String, _ number: Int, link query: String? = nil) -> HTML {
        let content: HTML =
            number > 0 && query != nil ? "<a href=\"/orders?\(query ?? "")\">\(number)</a>" : "\(number)"
        return "<td data-label=\"\(label)\" class=\"number\(number == 0 ? " none" : "")\">\(content)</td>"
    }

    /// A cell with a duration, or none.
    fileprivate static func cell(_ label: String, seconds: Double?) -> HTML {
        let text = seconds.map { "\(BriefDuration(seconds: $0))" } ?? "–"
        return "<td data-label=\"\(label)\" class=\"number\(seconds == nil ? " none" : "")\">\(text)</td>"
    }
}

/// Orders completed in each minute of the last hour, as a small bar chart.
struct RateChart {
    /// 60 counts, the oldest minute first.
    let minutes: [Int]

    private static let width = 10
    private static let height = 100

    var html: HTML {
        let total = minutes.reduce(0, +)
        let most = minutes.max() ?? 0
        guard most > 0 else { return "<p class=\"quiet\">Nothing was sold within the last hour.</p>" }
        let bars = minutes.enumerated().compactMap { index, count -> HTML? in
            guard count > 0 else { return nil }
            // A count above zero always shows a bar.
            let size = max(count * Self.height / most, 2)
            let ago = minutes.count - index - 1
            return """
                <rect x="\(index * Self.width + 1)" y="\(Self.height - size)" width="\(Self.width - 2)" height="\(size)" rx="1">\
                <title>\(count) \(ago == 0 ? "in this minute" : "\(ago) min ago")</title></rect>
                """
        }
        return """
            <figure class="chart">
            <figcaption><strong>\(total)</strong> orders sold within the last hour, maximum \(most) per minute</figcaption>
            <svg viewBox="0 0 \(minutes.count * Self.width) \(Self.height)" preserveAspectRatio="none" role="img" \
            aria-label="Orders sold in each minute of the last hour">\(bars)</svg>
            <div class="axis"><span>1 h ago</span><span>30 min</span><span>now</span></div>
            </figure>
            """
    }
}
