import Giftbridge

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
        var details: [HTML] = paused.map { shop in
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
