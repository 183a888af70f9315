import FoundationEssentials

/// What happens to an order next, when, and what an operator can do. Derived from ``OrderFacts``; pure.
package struct OrderOutlook: Sendable, Equatable, Codable {
    /// What happens next automatically, or that nothing does.
    package let next: String
    /// When that is expected; nil: not known, or never.
    package let at: Date?
    /// What an operator can do, most likely first; empty: nothing.
    package let options: [Option]

    /// One thing that an operator can do.
    package struct Option: Sendable, Equatable, Codable {
        /// The kind of action. The status page offers those that it has a form for.
        package enum Action: String, Sendable, Codable {
            case retry, cancel, resolve, resume
            /// `giftbridge run`.
            case run
            /// Correct the order with an UPDATE of its row, or insert a new order.
            case correct
        }

        /// The kind of action.
        package let action: Action
        /// The command; nil: there is none for it.
        package let command: String?
        /// When to use it, and what it does.
        package let what: String
    }
}

extension OrderOutlook {
    /// Decides.
    package init(_ facts: OrderFacts) {
        switch facts.order.status {
        case .pending: self = Self.pending(facts)
        case .submitting: self = Self.submitting(facts)
        case .inDoubt: self = Self.inDoubt(facts)
        case .completed:
            self.init("Sold. No further action.")
        case .cancelled:
            self.init(
                facts.wasInDoubt
                    ? "Cancelled by an operator, after it was in doubt: it may have been sold. No further action."
                    : "Cancelled before it was sent. No further action.")
        case .rejected, .failed:
            self.init("Giftbridge will not retry. The order was not sold.", options: Self.again(facts))
        }
    }

    private init(_ next: String, at: Date? = nil, options: [Option] = []) {
        self.next = next
        self.at = at
        self.options = options
    }

    private static func pending(_ facts: OrderFacts) -> OrderOutlook {
        let order = facts.order
        let cancel = Option(.cancel, "cancel \(order.id)", "Withdraws the order permanently.")
        if let waiting = held(facts, verb: "sent") {
            return OrderOutlook(waiting.next, at: waiting.at, options: waiting.options + [cancel])
        }
        if let due = order.dueAt, due > facts.lookedAt {
            // A retry is due later than the shop asked for.
            let isRetry = order.attempts > 0 && due > facts.submitAfter
            return OrderOutlook(
                isRetry
                    ? "It will be sent again: attempt \(order.attempts + 1)."
                    : "It will be sent at the time that the shop set (submit_after).",
                at: due, options: [cancel])
        }
        let ahead = facts.ahead ?? 0
        let line =
            switch ahead {
            case 0: "It is next in its shop's queue."
            case 1: "1 order of its shop is ahead of it."
            default: "\(ahead) orders of its shop are ahead of it."
            }
        guard facts.allowanceLeft == 0 else {
            return OrderOutlook(
                "\(line) It will be sent as soon as a worker is free.", at: turn(facts), options: [cancel])
        }
        return OrderOutlook(
            "\(line) The vendor's rate limit is used up for the moment.", at: turn(facts) ?? facts.allowanceNextAt,
            options: [cancel])
    }

    private static func turn(_ facts: OrderFacts) -> Date? {
        facts.turnSeconds.map { facts.lookedAt.addingTimeInterval($0) }
    }

    private static func submitting(_ facts: OrderFacts) -> OrderOutlook {
        let worker = facts.heldBy ?? "a worker"
        let lease = "the order becomes in_doubt when the lease expires, and is then verified."
        switch facts.holderState {
        case .dead?, .stopped?:
            return OrderOutlook(
                "Its request may have been sent, but \(worker) is not responding; \(lease)", at: facts.order.dueAt,
                options: facts.workerRuns ? [] : [.run])
        default:
            return OrderOutlook(
                "It is being sent by \(worker). If no answer comes, \(lease)", at: facts.order.dueAt)
        }
    }

    private static func inDoubt(_ facts: OrderFacts) -> OrderOutlook {
        let order = facts.order
        let reference = order.shopOrderID ?? "gb-\(order.id)"
        let sold = Option(
            .resolve, "resolve \(order.id) --sold --reference REFERENCE --codes CODE,…",
            "If the vendor has a sale with order id \(reference): completes the order.")
        let unsold = Option(
            .resolve, "resolve \(order.id) --unsold",
            "If the vendor has no such sale: sends the order again with the same codes.")
        guard let due = order.dueAt else {
            return OrderOutlook(
                "Giftbridge will not retry. The order may have been sold, and Giftbridge cannot verify it. Ask the vendor.",
                options: [sold, unsold])
        }
        if let waiting = held(facts, verb: "verified") { return waiting }
        let wait = max(due, facts.allowanceNextAt ?? due)
        return OrderOutlook(
            "It will be verified by sending the same request again. If accepted, this request is the sale. If refused because "
                + "the code is taken, the first request was.",
            at: wait > facts.lookedAt ? wait : nil)
    }

    /// What keeps an order from being sent without being its own fault; nil: nothing.
    private static func held(_ facts: OrderFacts, verb: String) -> OrderOutlook? {
        if facts.shopPaused {
            let reason = facts.shopPauseReason.map { " (\($0))" } ?? ""
            let resume = Option(
                .resume, "resume \(shellQuoted(facts.order.shop))",
                "When the cause is fixed: sends the shop's orders at once.")
            guard let until = facts.shopPausedUntil else {
                return OrderOutlook(
                    "Its shop is paused\(reason). The order will be \(verb) when the shop is resumed.",
                    options: [resume])
            }
            return OrderOutlook(
                "Its shop is paused\(reason). Giftbridge sends one order as a test; if that succeeds, all others follow.",
                at: max(until, facts.lookedAt), options: [resume])
        }
        guard facts.workerRuns else {
            return OrderOutlook("Waiting for a worker; none is running.", options: [.run])
        }
        return nil
    }

    private static func again(_ facts: OrderFacts) -> [Option] {
        let order = facts.order
        guard !facts.isErased else {
            return [Option(.correct, nil, "Its personal data was erased. Insert a new order.")]
        }
        let retry = Option(.retry, "retry \(order.id)", "Sends the order again.")
        guard order.status == .rejected else { return [retry] }
        return [
            Option(.correct, nil, "First correct the order (UPDATE giftbridge.orders)."),
            retry,
        ]
    }

    /// A shop's name, quoted for a shell.
    static func shellQuoted(_ name: String) -> String {
        name.contains(" ") ? "'\(name)'" : name
    }
}

extension OrderOutlook.Option {
    fileprivate static let run = OrderOutlook.Option(
        .run, "run", "Starts a worker. If Giftbridge is installed as a service: systemctl start giftbridge")

    fileprivate init(_ action: Action, _ arguments: String?, _ what: String) {
        self.action = action
        command = arguments.map { "giftbridge \($0)" }
        self.what = what
    }
}
