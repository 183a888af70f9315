import SmartGift

extension Settlement {
    /// Decides what the answer to a sale or a verification means for its order (docs/guarantees.md, "What an answer proves"). Pure: no clock, no database, no
    /// network.
    ///
    /// - Parameters:
    ///   - order: The claimed order that was sent, or should have been.
    ///   - evidence: What the answer proves.
    ///   - policy: Delays and limits.
    ///   - jitter: 0 to 1, random; evaluated only if there is a delay.
    init(of order: ClaimedOrder, _ evidence: Evidence, policy: RetryPolicy, jitter: @autoclosure () -> Double) {
        switch evidence {
        case .sold(let receipt, let match):
            self.init(of: order, .completed, .completed)
            reference = receipt.orderReference
            voucherCodes = receipt.voucherCodes
            proof = Proof(match)
            switch match {
            case .exact, .unstipulated: break
            case .respelled: error = "Sold. The vendor spells its voucher codes differently from what was sent."
            case .unknown: error = "Sold, but the vendor ignored the voucher codes that were sent, and made its own."
            }

        case .allTaken(let refusal):
            if !order.wasRefused, let codes = order.sentCodes?.codes.compactMap(\.self),
                codes.count == order.assignedCodes.count
            {
                self.init(
                    of: order, .completed, .completed,
                    error:
                        "Sold. Smart Gift confirms that its codes exist, but its reply was lost, so there is no reference."
                )
                voucherCodes = codes
                proof = .taken
            } else {
                self.init(
                    of: order, .inDoubt, .inDoubt,
                    error: order.wasRefused
                        ? "Outcome unknown: its codes are taken, but the vendor had refused the order before, and may have kept them."
                        : "Outcome unknown: the codes that Giftbridge assigned are taken, but it does not know the others."
                )
            }
            httpStatus = refusal.status

        case .partlyTaken(_, let sentence):
            self.init(of: order, .inDoubt, .inDoubt, error: "Outcome unknown. \(sentence)")

        case .refused(let refusal):
            self.init(of: order, .rejected, .rejected, error: order.blotted(refusal.sentence))
            // 0: Giftbridge's own refusal; nothing was sent.
            httpStatus = refusal.status == 0 ? nil : refusal.status

        case .throttled(let retryAfter):
            self.init(unsold: order, error: "The vendor's rate limit was reached.")
            // At least a second: otherwise a vendor that says 0 would get the request again and again.
            effect = .throttled(max(retryAfter ?? policy.throttleWait, .seconds(1)))

        case .misconfigured(let reason):
            self.init(unsold: order, error: reason)
            effect = .setup
            dueIn = .seconds(1)

        case .unreachable(let reason, isLocal: false):
            self.init(unsold: order, error: reason)
            effect = .unreachable(policy.backoff(attempts: 1, jitter: jitter()))
            dueIn = policy.maximum

        case .unreachable(let reason, isLocal: true):
            self.init(unsold: order, error: "This machine cannot send: \(reason)")
            dueIn = policy.backoff(attempts: 1, jitter: jitter())

        case .notSent(let reason):
            self.init(retrying: order, reason, policy, jitter())

        case .unclear(let reason):
            self.init(of: order, .inDoubt, .inDoubt, error: "Outcome unknown. \(reason)")
            dueIn = policy.verification(after: order.kind == .sale ? 0 : order.verifications + 1)
        }
    }

    /// Decides what the answer to a look-up means. Pure.
    init(of order: ClaimedOrder, _ evidence: LookupEvidence, policy: RetryPolicy, jitter: @autoclosure () -> Double) {
        switch evidence {
        case .exists, .doesNotExist:
            self.init(of: order, .completed, .inDoubt)
            isFound = evidence == .exists
        case .siteRefused(let reason):
            self.init(of: order, .rejected, .inDoubt, error: reason)
            dueIn = nil
        case .throttled(let retryAfter):
            self.init(unsold: order, error: "The vendor's rate limit was reached.")
            effect = .throttled(max(retryAfter ?? policy.throttleWait, .seconds(1)))
        case .misconfigured(let reason):
            self.init(unsold: order, error: reason)
            effect = .setup
            dueIn = .seconds(1)
        case .unreachable(let reason, let isLocal):
            self.init(unsold: order, error: reason)
            let delay = policy.backoff(attempts: 1, jitter: jitter())
            dueIn = isLocal ? delay : policy.maximum
            effect = isLocal ? nil : .unreachable(delay)
        case .unclear(let reason):
            self.init(of: order, .inDoubt, .inDoubt, error: reason)
            dueIn = policy.verification(after: order.verifications + 1)
        }
    }

    /// Returns an order unsent to the queue, because this worker's key has changed or its time is up since the claim.
    init(releasing order: ClaimedOrder, because reason: String) {
        self.init(unsold: order, error: reason, .released)
        dueIn = .seconds(1)
    }

    private init(of order: ClaimedOrder, _ outcome: Outcome, _ status: OrderStatus, error: String? = nil) {
        self.init(
            token: order.token, orderID: order.orderID, lane: order.lane, outcome: outcome, status: status,
            error: error, journalError: error)
    }

    /// Certainly not sold by this request, which is not counted: the order returns to its former state, due at once.
    private init(unsold order: ClaimedOrder, error: String, _ outcome: Outcome = .retry) {
        self.init(of: order, outcome, order.kind == .sale ? .pending : .inDoubt, error: error)
        counts = false
        dueIn = .zero
    }

    /// Certainly not sold by this request, which is counted.
    private init(retrying order: ClaimedOrder, _ reason: String, _ policy: RetryPolicy, _ jitter: Double) {
        if order.kind != .sale || order.attempt < policy.maximumAttempts {
            self.init(of: order, .retry, order.kind == .sale ? .pending : .inDoubt, error: reason)
            counts = order.kind == .sale
            dueIn = policy.backoff(attempts: order.attempt, jitter: jitter)
        } else {
            self.init(
                of: order, .retry, .failed, error: "Given up after \(order.attempt) attempts; not sold. \(reason)")
        }
    }
}

extension Settlement.Proof {
    fileprivate init(_ match: CodeMatch) {
        self =
            switch match {
            case .exact: .exact
            case .respelled: .respelled
            case .unknown: .unknown
            case .unstipulated: .unstipulated
            }
    }
}

extension ClaimedOrder {
    /// A text of the vendor without what must not appear in logs and errors: voucher codes and e-mail addresses of this order,
    /// and NUL, which PostgreSQL cannot store.
    ///
    /// - Parameter more: Other secrets, for example the codes of a receipt.
    func blotted(_ text: String, _ more: [String] = []) -> String {
        guard let sale = try? sale.get() else { return text.blotting(more) }
        let emails = [sale.customer.email, sale.delivery.email].compactMap { $0 }
        return text.blotting(more + sale.items.compactMap(\.code) + emails)
    }
}

/// How often and how fast Giftbridge retries, and which words it accepts as proof of a sale.
struct RetryPolicy: Sendable {
    /// The delay before the second attempt.
    var base: Duration = .seconds(1)
    /// Maximum delay.
    var maximum: Duration = .seconds(300)
    /// Number of counted attempts before an order is marked `failed`, 1 or more.
    var maximumAttempts = 25
    /// Number of verifications without a clear answer before an order waits for an operator, 1 or more.
    var maximumVerifications = 10
    /// How long an order stays in doubt before it is verified.
    var verifyAfter: Duration = .seconds(60)
    /// Words, in lower case, that mean "this code is already taken", which proves a sale on verification.
    var takenWords = Refusal.wordsForTaken
    /// How long to wait after a 429 that names no time.
    var throttleWait: Duration = .seconds(60)

    /// Exponential backoff with jitter: the delay doubles with each attempt up to the longest, and its second half is
    /// random, so that orders that failed together are not all retried together.
    ///
    /// - Parameters:
    ///   - attempts: Attempts made, 1 or more.
    ///   - jitter: 0 to 1.
    func backoff(attempts: Int, jitter: Double) -> Duration {
        let doubled = base * Int(1 << min(max(attempts - 1, 0), 30))
        let delay = min(doubled, maximum)
        return delay / 2 + (delay / 2) * jitter
    }

    /// The delay before an order in doubt is verified (again): `verifyAfter`, doubling with each verification that
    /// left it in doubt, up to the maximum delay or `verifyAfter`, whichever is longer.
    ///
    /// - Parameter failures: Verifications in a row that ended in doubt, 0 or more.
    func verification(after failures: Int) -> Duration {
        min(verifyAfter * Int(1 << min(failures, 30)), max(maximum, verifyAfter))
    }
}
