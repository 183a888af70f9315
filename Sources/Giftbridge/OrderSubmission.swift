import SmartGift

/// One order from row to outcome: row → `PosSale` → request bytes → answer → `Verdict` → `Settlement`.
struct OrderSubmission: Sendable {
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
        let deadline = ContinuousClock.now + requestTimeout
        guard deadline < order.claimedAt + lease else { return Settlement(releasing: order) }
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
        let reply = await vendor.send(VendorRequest(.sale(sale.body()), to: endpoint), by: deadline)
        metrics.requested(took: reply.took)
        CrashPoint.answered.reached()
        let verdict = Verdict(reply.answer, items: sale.items.count)
        var settlement = settlement(order, verdict)
        settlement.record(reply.answer, of: order, verdict: verdict)
        settlement.took = reply.took
        return settlement
    }

    private func settlement(_ order: ClaimedOrder, _ verdict: Verdict) -> Settlement {
        Settlement(of: order, verdict: verdict, policy: policy, jitter: .random(in: 0...1))
    }
}

extension Settlement {
    /// Keeps the answer for the journal: status and the first 4 kB, without voucher codes and e-mail addresses.
    fileprivate mutating func record(_ answer: VendorAnswer, of order: ClaimedOrder, verdict: Verdict) {
        guard case .response(let response) = answer else { return }
        httpStatus = response.status
        if consequence == nil, let wait = response.allowanceSpentFor { consequence = .allowanceSpent(wait) }
        var codes: [String] = []
        if case .sold(let receipt) = verdict { codes = receipt.voucherCodes }
        let text = order.blotted(String(decoding: response.body.prefix(16 * 1024), as: UTF8.self), codes)
        self.response =
            text.utf8.count <= 4096 ? text : String(text.unicodeScalars.prefix(4096).map(Character.init))
    }
}
