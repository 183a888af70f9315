#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What happens to an order next, when, and what an operator can do. Decided from ``OrderFacts``; pure.
public struct OrderOutlook: Sendable, Equatable, Codable {
    /// What happens next by itself, or that nothing does.
    public let next: String
    /// When; nil: not known, or never.
    public let at: Date?
    /// What a person can do, the most likely first; empty: nothing is to be done.
    public let options: [Option]

    /// One thing that a person can do.
    public struct Option: Sendable, Equatable, Codable {
        /// Which; a page offers those that it has a form for.
        public enum Action: String, Sendable, Codable {
            case retry, cancel, resolve, resume
            /// `giftbridge run`.
            case run
            /// An UPDATE of the order's row, or a new order.
            case mend
        }

        /// What kind of thing.
        public let action: Action
        /// What to type; nil: there is no command for it.
        public let command: String?
        /// When to do it, and what then happens.
        public let what: String
    }
}

extension OrderOutlook {
    /// Decides.
    public init(_ facts: OrderFacts) {
        switch facts.order.status {
        case .pending: self = Self.pending(facts)
        case .submitting: self = Self.submitting(facts)
        case .inDoubt: self = Self.inDoubt(facts)
        case .completed:
            self.init("It is sold. Nothing more happens.")
        case .cancelled:
            self.init("It was withdrawn before it was sold. Nothing more happens.")
        case .rejected, .failed:
            self.init("Nothing happens by itself: it is certainly not sold.", options: Self.again(facts))
        }
    }

    private init(_ next: String, at: Date? = nil, options: [Option] = []) {
        self.next = next
        self.at = at
        self.options = options
    }

    private static func pending(_ facts: OrderFacts) -> OrderOutlook {
        let order = facts.order
        let cancel = Option(.cancel, "cancel \(order.id)", "Withdraws it for good.")
        if let waiting = held(facts, verb: "sent") {
            return OrderOutlook(waiting.next, at: waiting.at, options: waiting.options + [cancel])
        }
        if let due = order.dueAt, due > facts.lookedAt {
            // A retry is due later than the shop asked for.
            let isRetry = order.attempts > 0 && due > facts.submitAfter
            return OrderOutlook(
                isRetry
                    ? "It is sent again: attempt \(order.attempts + 1)."
                    : "It is sent, as the shop asked for (submit_after).",
                at: due, options: [cancel])
        }
        let ahead = facts.ahead ?? 0
        let line =
            ahead == 0 ? "It is the next of its shop to be sent" : "\(ahead) of its shop's orders are sent before it"
        guard facts.allowanceLeft == 0 else {
            return OrderOutlook("\(line), as soon as a worker is free.", at: turn(facts), options: [cancel])
        }
        return OrderOutlook(
            "\(line); the vendor's allowance is used up for the moment.", at: turn(facts) ?? facts.allowanceNextAt,
            options: [cancel])
    }

    private static func turn(_ facts: OrderFacts) -> Date? {
        facts.turnSeconds.map { facts.lookedAt.addingTimeInterval($0) }
    }

    private static func submitting(_ facts: OrderFacts) -> OrderOutlook {
        let worker = facts.heldBy ?? "a worker"
        let lease = "it becomes in_doubt when the worker's lease ends, and is verified then."
        switch facts.holderState {
        case .dead?, .stopped?:
            return OrderOutlook(
                "Its request may be on the way, but \(worker) is gone: \(lease)", at: facts.order.dueAt,
                options: facts.workerRuns ? [] : [.run])
        default:
            return OrderOutlook(
                "Its request may be on the way, with \(worker). If no answer comes, \(lease)", at: facts.order.dueAt)
        }
    }

    private static func inDoubt(_ facts: OrderFacts) -> OrderOutlook {
        let order = facts.order
        let reference = order.shopOrderID ?? "gb-\(order.id)"
        let sold = Option(
            .resolve, "resolve \(order.id) --sold --reference REFERENCE --codes CODE,…",
            "If the vendor has a sale with order id \(reference).")
        let unsold = Option(
            .resolve, "resolve \(order.id) --unsold", "If the vendor has none: it is sent again, with the same codes.")
        guard let due = order.dueAt else {
            return OrderOutlook(
                "Nothing happens by itself: it may be sold, and the bridge cannot prove it. Ask the vendor.",
                options: [sold, unsold])
        }
        if let waiting = held(facts, verb: "verified") { return waiting }
        let wait = max(due, facts.allowanceNextAt ?? due)
        return OrderOutlook(
            "It is verified: the same request is sent again. Accepted, that is the sale; refused because its code is taken, "
                + "the first one was.",
            at: wait > facts.lookedAt ? wait : nil)
    }

    /// What keeps an order from going out, and it is not its own fault.
    private static func held(_ facts: OrderFacts, verb: String) -> OrderOutlook? {
        if facts.shopPaused {
            let reason = facts.shopPauseReason.map { " (\($0))" } ?? ""
            let resume = Option(
                .resume, "resume \(shellQuoted(facts.order.shop))",
                "Once the reason is gone: its orders go out at once.")
            guard let until = facts.shopPausedUntil else {
                return OrderOutlook(
                    "It is \(verb) when somebody resumes its shop, which is paused\(reason).", options: [resume])
            }
            return OrderOutlook(
                "Its shop is paused\(reason). One order tries again by itself; if that goes well, all do.",
                at: max(until, facts.lookedAt), options: [resume])
        }
        guard facts.workerRuns else {
            return OrderOutlook("It is \(verb) when a worker runs: none does.", options: [.run])
        }
        return nil
    }

    private static func again(_ facts: OrderFacts) -> [Option] {
        let order = facts.order
        guard !facts.isErased else {
            return [Option(.mend, nil, "Its personal data was erased: insert a new order.")]
        }
        let retry = Option(.retry, "retry \(order.id)", "Sends it again.")
        guard order.status == .rejected else { return [retry] }
        return [
            Option(.mend, nil, "First mend what the vendor refuses, with an UPDATE of its row in giftbridge.orders."),
            retry,
        ]
    }

    /// A shop's name as a shell takes it.
    static func shellQuoted(_ name: String) -> String {
        name.contains(" ") ? "'\(name)'" : name
    }
}

extension OrderOutlook.Option {
    fileprivate static let run = OrderOutlook.Option(
        .run, "run", "Starts a worker; as a service: systemctl start giftbridge.")

    fileprivate init(_ action: Action, _ arguments: String?, _ what: String) {
        self.action = action
        command = arguments.map { "giftbridge \($0)" }
        self.what = what
    }
}
