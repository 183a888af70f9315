import Giftbridge

/// A state in a word, with a colour that says the same.
struct Pill {
    /// What a colour means; there are no others.
    enum Tone: String {
        case good, busy, calm, watch, bad
    }

    let word: String
    let tone: Tone

    var html: HTML { "<span class=\"pill \(tone.rawValue)\">\(word)</span>" }
}

extension OrderStatus {
    /// The state in words that need no manual.
    func pill(needsAttention: Bool) -> Pill {
        switch self {
        case .pending: Pill(word: "waiting", tone: .calm)
        case .submitting: Pill(word: "being sold", tone: .busy)
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
        if pending > 0, allowanceLeft == 0 { return Pill(word: "at the limit", tone: .busy) }
        if pending + submitting > 0 { return Pill(word: "selling", tone: .busy) }
        return Pill(word: "idle", tone: .calm)
    }
}
