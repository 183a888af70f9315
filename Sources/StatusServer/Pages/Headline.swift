import Giftbridge

/// The first thing to read: is all well, and if not, what is wrong and what to do.
struct Headline {
    private let tone: Pill.Tone
    private let sentence: String
    private let details: [HTML]

    /// - Parameters:
    ///   - overview: What the database says.
    ///   - counts: The worker of this process.
    init(overview: Overview, counts: WorkerCounts) {
        let queues = overview.queues
        let person = queues.reduce(0) { $0 + $1.needsAttention }
        let paused = queues.filter(\.paused)
        let dead = overview.workers.filter { $0.state == .dead && $0.heartbeatSeconds < 24 * 3600 }
        let running = overview.workers.count { $0.state == .running }
        var details: [HTML] = paused.map { shop in
            let probe: HTML? = shop.pausedUntil.map { " It is tried again \(HTML.moment($0))." }
            return "Shop <strong>\(shop.shop)</strong> is paused: \(shop.pauseReason ?? "no reason was given").\(probe)"
        }
        if !counts.isListening, counts.state == "running" {
            details.append("This worker is not told of new orders and finds them by polling; its last error says why.")
        }
        if !dead.isEmpty {
            details.append(
                "\(Self.count(dead.count, "worker")) went without saying goodbye; what was in the air is verified.")
        }
        self.details = details
        let waiting = queues.reduce(0) { $0 + $1.pending + $1.submitting }
        if running == 0 {
            (tone, sentence) = (.bad, "No worker is running: nothing is sold.")
        } else if person > 0 {
            (tone, sentence) = (.bad, "\(Self.count(person, "order")) \(person == 1 ? "needs" : "need") a person.")
        } else if !paused.isEmpty {
            (tone, sentence) = (
                .watch, "\(Self.count(paused.count, "shop")) \(paused.count == 1 ? "is" : "are") paused."
            )
        } else if !details.isEmpty {
            (tone, sentence) = (.watch, "It works, but not all is well.")
        } else if waiting > 0 {
            (tone, sentence) = (
                .good, "All is well. \(Self.count(waiting, "order")) \(waiting == 1 ? "is" : "are") on the way."
            )
        } else {
            (tone, sentence) = (.good, "All is well. No order waits.")
        }
    }

    /// - Parameter fault: Why the database does not answer.
    init(fault: String) {
        tone = .bad
        sentence = "The database does not answer."
        details = ["\(fault)", "What the vendor has answered is kept, and written when the database is back."]
    }

    var html: HTML {
        let list: HTML? = details.isEmpty ? nil : "<ul>\(details.map { "<li>\($0)</li>" as HTML })</ul>"
        return "<div class=\"headline \(tone.rawValue)\" role=\"status\"><h1>\(sentence)</h1>\(list)</div>"
    }

    private static func count(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
}
