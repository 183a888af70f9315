import LibPQ

/// What one claim, one request's arrival and one settle must keep to.
extension Walk {
    /// An order in doubt is sent again only where that proves something, and where it was sent before.
    func judgeClaim(_ request: Request) throws {
        let used = accountsUsed[request.key] ?? []
        if request.kind != "sale", !used.isEmpty, !used.contains(request.account),
            known[request.key]?.wasVerified != true
        {
            throw BrokenPromise(description: "\(request.key) is verified with another account, \(request.account)")
        }
        if request.kind == "verification", !request.assigned.contains(true) {
            throw BrokenPromise(description: "\(request.key) is sent again, but has no code of Giftbridge's")
        }
        if request.kind == "verification", request.wasFlagged {
            throw BrokenPromise(description: "\(request.key) is sent again to a vendor that ignores codes")
        }
        if request.kind == "lookup", request.lookedUp == nil {
            throw BrokenPromise(description: "\(request.key) is looked up without a code")
        }
        // The same request, byte for byte. An operator may have let the shop change it, and then have it verified all the same.
        let isAllowed = known[request.key]?.wasResolvedUnsold == true && known[request.key]?.wasVerified == true
        if request.kind == "verification", !isAllowed,
            let last = requests.last(where: { $0.orderID == request.orderID && $0.kind != "lookup" }),
            last.epoch == epoch, last.key == request.key,
            last.items != request.items || last.codes != request.codes || last.method != request.method
        {
            throw BrokenPromise(description: "\(request.key) is verified by another request than the one that was sent")
        }
        accountsUsed[request.key, default: []].insert(request.account)
    }

    /// Retries, verifications and look-ups take at most half of an allowance while fresh orders wait.
    /// What still waits fresh after a claim waited during it.
    func countClaims(_ fresh: [Request]) throws {
        let time = now
        for request in fresh {
            let name = allowance(request.shop, request.account).name
            claims[name, default: []].append(Claimed(at: time, isAgain: request.lane >= 200, token: request.token))
        }
        for request in fresh where request.lane >= 200 {
            let (name, limit) = allowance(request.shop, request.account)
            // Of the very shop, so that the fresh order counts against the same allowance.
            let waits = states.contains { $0.shop == request.shop && $0.isDue && ($0.lane ?? 200) <= 100 }
            guard let limit, waits else { continue }
            let again = (claims[name] ?? []).filter { $0.isAgain && $0.at > time - Self.window }
            if again.count > (limit + 1) / 2 {
                throw BrokenPromise(
                    description: "\(again.count) of \(limit) places of \(name) went to retries while fresh orders wait")
            }
        }
    }

    /// A request that never left takes no place.
    func forgetClaim(_ token: String) {
        for name in claims.keys { claims[name]?.removeAll { $0.token == token } }
    }

    /// The vendor counts: never more in any window than its limit. Left out is what no bridge can know: copies that a layer below sends,
    /// requests from before the database went back, and those that were longer on their way than a tenth of the window.
    func countArrival(_ request: Request) throws {
        let time = now
        guard request.epoch == epoch, time - request.claimedAt <= Self.window / 10 else { return }
        let (name, limit) = allowance(request.shop, request.account)
        let recent = (vendor.arrivals[name] ?? []).filter { $0 > time - Self.window } + [time]
        vendor.arrivals[name] = recent
        if let limit, recent.count > limit {
            throw BrokenPromise(
                description: "\(recent.count) requests within a window of \(name), which allows \(limit)")
        }
    }

    /// Every result is in the journal, the late ones too. Left out is what was claimed in a history that the database has lost.
    func judgeJournal(_ batch: [(Request, Settlement)]) async throws {
        let written = batch.filter { $0.0.epoch == epoch }
        let kept = try await connection.prepared(
            "SELECT j.token || ' ' || j.outcome FROM giftbridge.journal AS j WHERE j.token = ANY ($1::uuid[])",
            [.textArray(written.map { $0.0.token })])
        let rows = Set(try kept.map { try $0.text(0) })
        for (request, settlement) in written where !rows.contains("\(request.token) \(settlement.outcome)") {
            throw BrokenPromise(description: "a result of \(request.key) is not in the journal: \(settlement.outcome)")
        }
    }

    /// A late success is the truth; any other late result changes nothing.
    func judgeSettlements(_ batch: [(Request, Settlement)], before: [OrderState]) throws {
        // A receipt may be another order's, whom it completes where its own request is unknown.
        let sold = batch.compactMap { request, _ in
            if case .receipt(let reference, _) = request.answer {
                vendor.sales.first { $0.reference == reference }?.key
            } else {
                nil
            }
        }
        for (request, settlement) in batch {
            let was = before.first { $0.id == request.orderID }
            let isAlone = batch.filter { $0.0.orderID == request.orderID || $0.0.key == request.key }.count == 1
            if case .receipt(let reference, _) = request.answer {
                guard let sale = vendor.sales.first(where: { $0.reference == reference }), sale.key == request.key,
                    request.epoch == epoch || (settlement.match == "exact" && request.assigned.contains(true)),
                    let order = state(request.key)
                else { continue }
                // Where the row is another version of the order, with other codes, it is another order to the database.
                let isSame = request.epoch == epoch || order.codes == request.codes
                // Where the shop has added or removed items since, an operator decides.
                let isOpen = order.items != sale.codes.count && order.status == "in_doubt"
                if isSame, order.status != "completed", !isOpen {
                    throw BrokenPromise(description: "\(request.key) was answered as sold, and is \(order.status)")
                }
            } else if let was, was.token != request.token, isAlone, !sold.contains(was.key), !settlement.isReceipt,
                let order = states.first(where: { $0.id == was.id })
            {
                let isSame =
                    (was.status, was.attempts, was.token, was.lane) == (
                        order.status, order.attempts, order.token, order.lane
                    )
                if !isSame || was.attention != order.attention || was.voucherCodes != order.voucherCodes {
                    throw BrokenPromise(
                        description: "a late \(settlement.outcome) changed order \(order.key) from \(was) to \(order)")
                }
            }
        }
    }
}
