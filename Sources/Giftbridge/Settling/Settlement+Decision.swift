import SmartGift

extension Settlement {
    /// Decides what the evidence means for an order (contract §3). Pure: no clock, no database, no network.
    ///
    /// - Parameters:
    ///   - order: The claimed order that was sent, or was to be.
    ///   - evidence: What the answer proves.
    ///   - policy: Delays and limits.
    ///   - jitter: 0 to 1, random; drawn only where there is a retry.
    init(of order: ClaimedOrder, evidence: Evidence, policy: RetryPolicy, jitter: @autoclosure () -> Double) {
        switch evidence {
        case .sold(let receipt, _):
            self.init(of: order, .completed, .completed)
            reference = receipt.orderReference
            voucherCodes = receipt.voucherCodes

        case .allTaken(let refusal):
            self.init(of: order, .completed, .completed)
            voucherCodes = order.sentCodes
            httpStatus = refusal.status
            error =
                "Sold. Smart Gift confirms that the codes exist, but its reply was lost, so there is no reference."

        case .partlyTaken(_, let sentence):
            self.init(
                of: order, .rejected, .inDoubt, error: "\(sentence) Ask the vendor, then resolve the order.")

        case .refused(let refusal):
            let sentence = order.blotted(refusal.sentence)
            if order.isVerification {
                self.init(
                    of: order, .rejected, .inDoubt,
                    error: "Outcome unknown: the check was refused for a different reason. Ask the vendor, "
                        + "then resolve the order. \(sentence)")
            } else {
                self.init(of: order, .rejected, .rejected, error: sentence)
            }
            // 0: Giftbridge refused it; nothing was sent.
            httpStatus = refusal.status == 0 ? nil : refusal.status

        case .throttled(let retryAfter):
            self.init(unsold: order, error: "The vendor's rate limit was reached.")
            // At least a second: a vendor that says 0 would be asked again and again.
            consequence = .throttled(max(retryAfter ?? policy.throttleWait, .seconds(1)))

        case .misconfigured(let reason):
            self.init(unsold: order, error: reason)
            consequence = .setupFault(reason)

        case .unreachable(let reason, _), .notSent(let reason):
            if order.isVerification {
                self.init(of: order, .retry, .inDoubt, error: reason)
                dueIn = policy.backoff(attempts: order.attempts, jitter: jitter())
            } else if order.attempts < policy.maximumAttempts {
                self.init(of: order, .retry, .pending, error: reason)
                dueIn = policy.backoff(attempts: order.attempts, jitter: jitter())
            } else {
                self.init(
                    of: order, .retry, .failed, error: "Given up after \(order.attempts) attempts; not sold. \(reason)")
            }

        case .unclear(let reason):
            if order.ownCodes.isEmpty {
                self.init(
                    of: order, .inDoubt, .inDoubt,
                    error: "\(reason) Giftbridge did not assign this order's codes, so it cannot verify the sale: "
                        + "ask the vendor, then resolve the order.")
            } else {
                self.init(of: order, .inDoubt, .inDoubt, error: "\(reason) The order will be verified.")
                dueIn = policy.verification(attempts: order.isVerification ? order.attempts : 1)
            }
        }
    }

    /// Puts an order back that was not sent, because its turn did not come.
    init(releasing order: ClaimedOrder) {
        self.init(unsold: order, error: "Put back, as its turn did not come: it was not sent.", .released)
        dueIn = .seconds(1)
    }

    private init(of order: ClaimedOrder, _ outcome: Outcome, _ status: OrderStatus, error: String? = nil) {
        self.init(
            submissionID: order.submissionID, orderID: order.orderID, shop: order.shop, outcome: outcome,
            status: status,
            error: error, journalError: error)
    }

    /// Certainly not sold by this submission, which does not count: back to where it was, due at once.
    private init(unsold order: ClaimedOrder, error: String, _ outcome: Outcome = .retry) {
        self.init(of: order, outcome, order.isVerification ? .inDoubt : .pending, error: error)
        counts = false
        dueIn = .zero
    }
}

extension ClaimedOrder {
    /// The code of every item as sent; nil if some item had none.
    fileprivate var sentCodes: [String]? {
        guard let codes = try? sale.get().items.compactMap(\.code), codes.count == assignedCodes.count else {
            return nil
        }
        return codes
    }

    /// A text of the vendor's without what must not stand in logs and error texts: voucher codes and e-mail addresses of
    /// this order, and NUL, which PostgreSQL cannot store.
    ///
    /// - Parameter more: Other secrets, for example the codes of a receipt.
    func blotted(_ text: String, _ more: [String] = []) -> String {
        guard let sale = try? sale.get() else { return text.blotting(more) }
        let emails = [sale.customer.email, sale.delivery.email].compactMap { $0 }
        return text.blotting(more + sale.items.compactMap(\.code) + emails)
    }
}
