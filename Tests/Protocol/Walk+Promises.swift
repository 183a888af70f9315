/// The promises (docs/guarantees.md), checked against the vendor's ledger after every step.
///
/// What no bridge can prevent is left out, by name:
/// - a vendor that ignores codes: a sale whose answer was lost before anything showed that it does; what an operator lets through;
/// - orders without a code of Giftbridge's, and accounts that an operator allowed: the same;
/// - a request that a layer below sent twice, whose first answer was lost, and whose second was something else than "taken";
/// - what the database no longer knows since it went back: then an order that was sold may look unsold until it is sent again, but
///   where it has codes it is not sold again;
/// - a vendor that keeps the codes of an order that it refused, when the refusal never came back and no look-up can tell.
extension Walk {
    func check() async throws {
        try await look()
        for order in states {
            try checkPlace(order)
            try checkCodes(order)
            try checkCompleted(order, wasCompleted: completed.contains(order.key))
            try checkUnsold(order)
        }
        completed = Set(states.filter { $0.status == "completed" }.map(\.key))
        try checkSoldOnce()
    }

    /// Nothing is lost: an order that is not at an end is in exactly one place.
    private func checkPlace(_ order: OrderState) throws {
        let places = [order.lane != nil, order.token != nil, order.attention != nil].filter { $0 }.count
        let fits =
            switch order.status {
            case "pending": places == 1 && order.attention == nil
            case "in_doubt": places == 1 && (order.attention ?? "in_doubt") == "in_doubt" && order.wasInDoubt
            case "rejected", "failed": places == 1 && order.attention == order.status
            // A verification may be on its way when a late answer to an earlier request completes the order.
            case "completed": order.lane == nil && order.attention == nil
            default: places == 0
            }
        if !fits {
            throw BrokenPromise(
                description:
                    "\(order.key) is \(order.status), lane \(order.lane ?? -1), flight \(order.token ?? "-"), attention \(order.attention ?? "-")"
            )
        }
    }

    /// Each item has its code, and an assigned code never changes.
    private func checkCodes(_ order: OrderState) throws {
        guard let shop = shops[order.shop], let before = known[order.key] else { return }
        for (place, code) in order.codes.enumerated() {
            if shop.assignsCodes, code == nil {
                throw BrokenPromise(description: "item \(place) of \(order.key) has no code")
            }
            guard order.assigned[place], let code else { continue }
            if let former = before.codes[place], former != code {
                throw BrokenPromise(description: "the assigned code of item \(place) of \(order.key) changed")
            }
            known[order.key]?.codes[place] = code
        }
    }

    /// Completed is sold, and what is stored is that sale's.
    private func checkCompleted(_ order: OrderState, wasCompleted: Bool) throws {
        guard order.status == "completed", let shop = shops[order.shop], let known = known[order.key] else { return }
        if known.wasResolvedSold || known.isExcused { return }
        let stored = (order.voucherCodes ?? []).map { $0.map(Vendor.plain) ?? "" }
        let isItsSale = vendor.sales.contains { sale in
            sale.key == order.key && (order.reference == nil || order.reference == sale.reference)
                // The shop's last change of the items may be lost, not what was sold.
                && (stored.count == order.items || sale.request.epoch < epoch) && stored.count <= sale.codes.count
                && zip(stored, sale.codes).allSatisfy { $0 == Vendor.plain($1) }
        }
        if isItsSale { return }
        let refusals = vendor.kept[order.key] ?? []
        if !wasCompleted, order.reference == nil, !shop.hasSite, !refusals.isEmpty, refusals.isDisjoint(with: heard) {
            self.known[order.key]?.isExcused = true
            return
        }
        throw BrokenPromise(
            description:
                "\(order.key) is completed as \(order.reference ?? "-") with \(stored), but sold as \(vendor.sales.filter { $0.key == order.key }.map { ($0.reference, $0.codes) })"
        )
    }

    /// What is called unsold is not sold.
    private func checkUnsold(_ order: OrderState) throws {
        let isCalledUnsold =
            ["rejected", "failed"].contains(order.status) || (order.status == "cancelled" && !order.wasInDoubt)
            || (order.status == "pending" && !order.wasInDoubt && order.token == nil)
        guard isCalledUnsold else { return }
        let sale = vendor.sales.first {
            $0.key == order.key && !copied.contains($0.request.token) && $0.request.epoch == epoch
        }
        if let sale {
            throw BrokenPromise(description: "\(order.key) is \(order.status), but was sold as \(sale.reference)")
        }
    }

    /// No order is sold twice.
    private func checkSoldOnce() throws {
        for (key, sales) in Dictionary(grouping: vendor.sales, by: \.key) where sales.count > 1 {
            for (first, second) in zip(sales, sales.dropFirst()) where !isExcused(first, second) {
                throw BrokenPromise(
                    description:
                        "\(key) was sold twice: \(first.reference) by \(first.request.kind) \(first.codes), \(second.reference) by \(second.request.kind) \(second.codes)"
                )
            }
        }
    }

    private func isExcused(_ first: Sale, _ second: Sale) -> Bool {
        guard let order = known[first.key], let shop = shops[order.shop] else { return false }
        let isCopied = second.isCopy || copied.contains(first.request.token)
        let isForgotten = min(first.request.epoch, second.request.epoch) < epoch
        // In whichever order they arrived.
        let isBlind = [first, second].contains { $0.request.kind == "verification" && !$0.request.wasFlagged }
        if first.company != second.company { return order.wasVerified || isForgotten || isCopied }
        if shop.habits.ignoresCodes {
            return isCopied || isForgotten || order.wasResolvedUnsold || isBlind
        }
        let hasCode = first.request.codes.contains { $0 != nil }
        let hasAssigned = first.request.assigned.contains(true)
        if !hasCode { return isCopied || isForgotten || order.wasResolvedUnsold }
        // The shop may choose another code where nothing was ever in doubt.
        return !hasAssigned && (isForgotten || isCopied)
    }
}
