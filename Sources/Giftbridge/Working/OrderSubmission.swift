import SmartGift

/// One order from row to result: row → request → answer → evidence → `Settlement`.
struct OrderSubmission: Sendable {
    let vendor: VendorClient
    let policy: RetryPolicy
    let lease: Duration
    let requestTimeout: Duration
    let metrics: WorkerMetrics

    /// How long after its claim an order may be sent. Its place in the allowance counts from the claim, as if it arrived within a tenth
    /// of the window (`place_free_at.sql`): 6 s of the vendor's minute, less one for the way.
    static let sendWithin: Duration = .seconds(5)

    /// Submits a claimed order, whose write-ahead entry is committed. The settlement must then be written back.
    ///
    /// Never throws: every outcome is a settlement. Cancelling the task ends the request.
    ///
    /// - Parameters:
    ///   - account: The address and key; nil: the shop's key is no longer known.
    ///   - allowance: The allowance of which it takes a request slot.
    func submit(
        _ order: ClaimedOrder, with account: Account?, in allowance: String, _ slots: RequestSlots
    ) async -> Settlement {
        guard await slots.enter(allowance) else {
            return Settlement(releasing: order, because: "Not sent: no request slot became free in time.")
        }
        defer { slots.leave(allowance) }
        guard let account, account.name == order.account else {
            return Settlement(releasing: order, because: "Not sent: the shop's key or address changed after the claim.")
        }
        let now = ContinuousClock.now
        if let reason = Self.reasonNotToSend(age: now - order.claimedAt, requestTimeout: requestTimeout, lease: lease) {
            return Settlement(releasing: order, because: reason)
        }
        let deadline = now + requestTimeout
        switch (order.kind, order.sale) {
        case (_, .failure(let invalid)):
            let refusal = Refusal(status: 0, message: "Giftbridge cannot send this order: \(invalid).", fields: [])
            return settlement(order, .refused(refusal))
        case (.lookup, .success(let sale)): return await lookUp(order, sale, account, deadline)
        case (_, .success(let sale)): return await sell(order, sale, account, deadline)
        }
    }

    /// Why an order must not be sent any more, in a sentence; nil: it may be sent. Pure.
    ///
    /// - Parameters:
    ///   - age: The time since the claim.
    ///   - lease: From the claim; it must still be valid when the request reaches its deadline.
    static func reasonNotToSend(age: Duration, requestTimeout: Duration, lease: Duration) -> String? {
        if age > sendWithin {
            "Not sent: more than \(sendWithin.components.seconds) s had passed since the claim, from which its place in the rate limit counts."
        } else if age + requestTimeout > lease {
            "Not sent: too little time was left of the lease."
        } else {
            nil
        }
    }

    private func send(_ request: VendorRequest, by deadline: ContinuousClock.Instant) async -> VendorReply {
        CrashPoint.sending.reached()
        let reply = await vendor.send(request, by: deadline)
        metrics.requested(took: reply.took)
        CrashPoint.answered.reached()
        return reply
    }

    private func sell(
        _ order: ClaimedOrder, _ sale: PosSale, _ account: Account, _ deadline: ContinuousClock.Instant
    ) async -> Settlement {
        // An order that cannot be verified is not sent over a connection that the vendor may be closing.
        let isVerifiable = order.assignedCodes.contains { $0 != nil }
        let echo = sale.items.compactMap { item in item.code.map { Array($0.utf8) } }
        let request = VendorRequest(
            .sale(sale.body()), to: account.endpoint, prefersFresh: !isVerifiable, echo: echo)
        let reply = await send(request, by: deadline)
        let sent = SentCodes(codes: sale.items.map(\.code), assigned: order.assignedPositions)
        let evidence = Evidence(reply.answer, sent: sent, takenWords: policy.takenWords)
        var result = settlement(order, evidence)
        result.record(reply, of: order)
        return result
    }

    private func lookUp(
        _ order: ClaimedOrder, _ sale: PosSale, _ account: Account, _ deadline: ContinuousClock.Instant
    ) async -> Settlement {
        guard let siteID = order.siteID, let position = order.position, sale.items.indices.contains(position),
            let code = sale.items[position].code
        else {
            return Settlement(
                of: order, .siteRefused(reason: "The shop's site_id, or the code to look up, is no longer known."),
                policy: policy, jitter: 0)
        }
        let check = VoucherCheck(code: code, siteID: siteID)
        let reply = await send(VendorRequest(.check(check.body()), to: account.endpoint), by: deadline)
        var result = Settlement(
            of: order, LookupEvidence(reply.answer, code: code), policy: policy, jitter: .random(in: 0...1))
        result.record(reply, of: order)
        return result
    }

    private func settlement(_ order: ClaimedOrder, _ evidence: Evidence) -> Settlement {
        Settlement(of: order, evidence, policy: policy, jitter: .random(in: 0...1))
    }
}

extension Settlement {
    /// Keeps the answer for the journal: status and the first 4 kB, without voucher codes and e-mail addresses.
    fileprivate mutating func record(_ reply: VendorReply, of order: ClaimedOrder) {
        took = reply.took
        guard case .response(let response) = reply.answer else { return }
        httpStatus = response.status
        if effect == nil, let wait = response.allowanceSpentFor { effect = .spent(wait) }
        let text = order.blotted(
            String(decoding: response.body.prefix(16 * 1024), as: UTF8.self), voucherCodes ?? [])
        self.response =
            text.utf8.count <= 4096 ? text : String(text.unicodeScalars.prefix(4096).map(Character.init))
    }
}
