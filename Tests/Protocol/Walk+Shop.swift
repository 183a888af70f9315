import LibPQ

/// The shop: inserts, changes, cancels and retries its orders.
extension Walk {
    func insert() async throws {
        // After the database went back a shop may find its order missing, and insert the same order again.
        let missing = known.filter { key, order in order.number != nil && state(key) == nil }.keys.sorted()
        if let key = chance.pick(missing), chance.percent(70), let order = known[key] {
            note("insert again \(key)")
            try await store(key, order, expires: nil)
            return
        }
        guard states.count < 40 || chance.percent(20) else { return }
        try await insertNew(into: chance.pick(["alpha", "beta", "gamma"]) ?? "alpha")
    }

    func insertNew(into shop: String) async throws {
        serial += 1
        let key = "o\(serial)@example.com"
        let count = 1 + chance.below(3)
        // A shop that chooses codes chooses one for every item, so that an answer can be compared with what was sent.
        let choosesAll = chance.percent(leaning == .chosenCodes ? 60 : 8)
        let items = (0..<count).map { item(choosesAll ? "SHOP\(serial)X\($0)" : nil) }
        var order = Known(
            shop: shop, number: chance.percent(90) ? "n\(serial)" : nil, items: "[\(items.joined(separator: ","))]",
            priority: chance.percent(70) ? 0 : chance.below(7) - 3, itemCount: choosesAll ? 0 : count)
        order.isCursed = !isCalm && chance.percent(8)
        known[key] = order
        note(
            "insert \(key)\(order.isCursed ? " (cursed)" : "") shop \(shop) items \(count)\(choosesAll ? " with the shop's codes" : "")"
        )
        try await store(key, order, expires: chance.percent(10) ? chance.pick([30, 300]) : nil)
    }

    private func item(_ code: String?) -> String {
        let chosen = code.map { ", \"code\": \"\($0)\"" } ?? ""
        return "{\"id\": \(1 + chance.below(5)), \"price\": \(10 + chance.below(90))\(chosen)}"
    }

    private func store(_ key: String, _ order: Known, expires: Int?) async throws {
        try await ask(
            """
            INSERT INTO giftbridge.orders (shop, shop_order_id, items, customer_email, delivery_method, delivery_email, priority, expires_at)
            VALUES ($1, $2, $3::jsonb, $4, 1, $4, $5::smallint, now() + $6)
            """,
            [
                .text(order.shop), .text(order.number), .text(order.items), .text(key), .int(order.priority),
                .interval(expires.map { .seconds($0) }),
            ])
    }

    func update() async throws {
        let open = states.filter { ["pending", "rejected", "failed"].contains($0.status) || chance.percent(3) }
        guard let order = chance.pick(open) else { return }
        switch chance.below(5) {
        case 0:
            note("update \(order.key) priority")
            try await ask(
                "UPDATE giftbridge.orders SET priority = $2::smallint WHERE id = $1",
                [.int(order.id), .int(chance.below(5) - 2)])
        case 1:
            note("update \(order.key) submit_after")
            try await ask(
                "UPDATE giftbridge.orders SET submit_after = now() + $2 WHERE id = $1",
                [.int(order.id), .interval(.seconds(chance.below(60)))])
        default:
            // Codes that the shop chose stay; the walk's shop changes what is bought, and how much of it.
            var items = order.codes.indices.map { item(order.assigned[$0] ? nil : order.codes[$0]) }
            let isChosen = order.hasCode && !order.hasAssignedCode
            switch chance.below(3) {
            case 0 where items.count < 4 && !isChosen: items.append(item(nil))
            case 1 where items.count > 1: items.removeLast()
            default: break
            }
            note("update \(order.key) items to \(items.count)")
            try await ask(
                "UPDATE giftbridge.orders SET items = $2::jsonb WHERE id = $1",
                [.int(order.id), .text("[\(items.joined(separator: ","))]")])
        }
    }

    func cancel() async throws {
        guard let order = chance.pick(states.filter { $0.status == "pending" || chance.percent(5) }) else { return }
        note("cancel \(order.key)")
        try await ask("SELECT giftbridge.cancel($1)", [.int(order.id)])
    }

    func retry() async throws {
        guard let order = chance.pick(states.filter { ["rejected", "failed"].contains($0.status) }) else { return }
        note("retry \(order.key)")
        try await ask("SELECT giftbridge.retry($1)", [.int(order.id)])
    }

    /// The owner changes what orders without a payment method are sent with.
    func changeShop() async throws {
        guard let shop = chance.pick(shops.keys.sorted()) else { return }
        note("payment method of \(shop)")
        try await ask(
            "UPDATE giftbridge.shops SET payment_method = $2::integer WHERE name = $1",
            [.text(shop), .int(1 + chance.below(3))])
    }
}
