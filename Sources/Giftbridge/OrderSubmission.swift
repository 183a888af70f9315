import SmartGift

/// One order from row to outcome: row → `PosSale` → request bytes → answer → `Evidence` → `Settlement`.
struct OrderSubmission: Sendable {
    /// How long an order may wait for its turn before others may have it: its turn was thought to come within milliseconds.
    private static let patience = Duration.seconds(1)

    let vendor: VendorClient
    let endpoints: VendorEndpoints
    let policy: RetryPolicy
    let lease: Duration
    let requestTimeout: Duration
    let metrics: WorkerMetrics

    /// Submits a claimed order. The journal row is committed; after this the settlement has to be written back.
    ///
    /// Never throws: whatever happens is a settlement. Cancelling the task ends the request.
    func callAsFunction(_ order: ClaimedOrder) async -> Settlement {
        // The request may take until its deadline, and the lease must still hold then.
        let patience = min(lease - requestTimeout - order.claimedAt.duration(to: .now), Self.patience)
        guard patience > .zero else { return Settlement(releasing: order) }
        let sale: PosSale
        let endpoint: VendorEndpoint
        switch (order.sale, endpoints.endpoint(shop: order.shop, apiURL: order.apiURL)) {
        case (.failure(let invalid), _):
            return settlement(
                order,
                .refused(Refusal(status: 0, message: "The bridge cannot send this order: \(invalid).", fields: [])))
        case (_, .failure(let fault)): return settlement(order, .misconfigured(reason: fault.description))
        case (.success(let valid), .success(let known)): (sale, endpoint) = (valid, known)
        }
        CrashPoint.sending.reached()
        guard let reply = await vendor.submit(sale.body(), to: endpoint, patience: patience) else {
            return Settlement(releasing: order)
        }
        metrics.requested(took: reply.took)
        CrashPoint.answered.reached()
        let sent = SentCodes(codes: sale.items.map(\.code), assigned: order.ownCodes)
        let evidence = Evidence(reply.answer, sent: sent, takenWords: policy.takenWords)
        var settlement = settlement(order, evidence)
        settlement.record(reply.answer, of: order, evidence: evidence)
        settlement.took = reply.took
        // The vendor said to stop. What was claimed before the database knows of it goes back.
        if settlement.consequence != nil { vendor.turnAway(endpoint) }
        return settlement
    }

    private func settlement(_ order: ClaimedOrder, _ evidence: Evidence) -> Settlement {
        Settlement(of: order, evidence: evidence, policy: policy, jitter: .random(in: 0...1))
    }
}

extension Settlement {
    /// Keeps the answer for the journal: status and the first 4 kB, without voucher codes and e-mail addresses.
    fileprivate mutating func record(_ answer: VendorAnswer, of order: ClaimedOrder, evidence: Evidence) {
        guard case .response(let response) = answer else { return }
        httpStatus = response.status
        if consequence == nil, let wait = response.allowanceSpentFor { consequence = .allowanceSpent(wait) }
        var codes: [String] = []
        if case .sold(let receipt, _) = evidence { codes = receipt.voucherCodes }
        let text = order.blotted(String(decoding: response.body.prefix(16 * 1024), as: UTF8.self), codes)
        self.response =
            text.utf8.count <= 4096 ? text : String(text.unicodeScalars.prefix(4096).map(Character.init))
    }
}
