import Giftbridge

/// A state in a word, with a matching colour.
struct Pill {
    /// The meaning of a colour.
    enum Tone: String {
        case good, busy, calm, watch, bad
    }

    let word: String
    let tone: Tone

    var html: HTML { "<span class=\"pill \(tone.rawValue)\">\(word)</span>" }
}

extension OrderStatus {
    /// The status in plain words.
    func pill(needsAttention: Bool) -> Pill {
        switch self {
        case .pending: Pill(word: "waiting", tone: .calm)
        case .submitting: Pill(word: "being sent", tone: .busy)
        case .completed: Pill(word: "completed", tone: .good)
        case .rejected: Pill(word: "rejected", tone: .bad)
        case .failed: Pill(word: "failed", tone: .bad)
        case .inDoubt:
            needsAttention ? Pill(word: "in doubt", tone: .bad) : Pill(word: "in doubt, verifying", tone: .watch)
        case .cancelled: Pill(word: "cancelled", tone: .calm)
        }
    }
}

extension WorkerReport.State {
    var pill: Pill {
        switch self {
        case .starting: Pill(word: "starting", tone: .calm)
        case .running: Pill(word: "running", tone: .good)
        case .draining: Pill(word: "draining", tone: .busy)
        case .stopped: Pill(word: "stopped", tone: .calm)
        case .dead: Pill(word: "dead", tone: .bad)
        }
    }
}

extension ShopQueue {
    var pill: Pill {
        if paused { return Pill(word: "paused", tone: .bad) }
        if pending > 0, allowanceLeft == 0 { return Pill(word: "at the rate limit", tone: .busy) }
        if pending + submitting > 0 { return Pill(word: "sending", tone: .busy) }
        return Pill(word: "idle", tone: .calm)
    }
}
