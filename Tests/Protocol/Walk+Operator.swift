import LibPQ

/// The operator, who is sometimes wrong.
extension Walk {
    func operate() async throws {
        let doubtful = states.filter { $0.status == "in_doubt" }
        let action = chance.weighted([
            (4, "sold"), (4, "unsold"), (3, "verify"), (leaning == .chosenCodes ? 20 : 2, "look up"), (2, "cancel"),
            (1, "pause"), (3, "resume"),
        ])
        switch action {
        case "sold":
            guard let order = chance.pick(doubtful) else { return }
            try await resolveSold(order)
        case "unsold":
            guard let order = chance.pick(doubtful) else { return }
            let isRight = !vendor.sales.contains { $0.key == order.key }
            // Mostly right.
            guard isRight || chance.percent(40) else { return }
            note("resolve_unsold \(order.key), \(isRight ? "rightly" : "wrongly")")
            if try await ask("SELECT giftbridge.resolve_unsold($1)", [.int(order.id)]) != nil {
                known[order.key]?.wasResolvedUnsold = true
            }
        case "verify":
            guard let order = chance.pick(doubtful) else { return }
            note("verify \(order.key)")
            if try await ask("SELECT giftbridge.verify($1)", [.int(order.id)]) != nil {
                known[order.key]?.wasVerified = true
            }
        case "look up":
            guard let order = chance.pick(doubtful) else { return }
            note("look_up \(order.key)")
            try await ask("SELECT giftbridge.look_up($1)", [.int(order.id)])
        case "cancel":
            guard let order = chance.pick(states.filter { ["pending", "in_doubt"].contains($0.status) }) else { return }
            note("cancel by force \(order.key)")
            try await ask("SELECT giftbridge.cancel($1, true, 'walk')", [.int(order.id)])
        case "pause":
            guard let shop = chance.pick(shops.keys.sorted()) else { return }
            note("pause \(shop)")
            try await ask("SELECT giftbridge.pause($1, 'walk')", [.text(shop)])
        default:
            guard let shop = chance.pick(shops.keys.sorted()) else { return }
            note("resume \(shop)")
            try await ask("SELECT giftbridge.resume($1)", [.text(shop)])
        }
    }

    private func resolveSold(_ order: OrderState) async throws {
        let sale = vendor.sales.first { $0.key == order.key && $0.isWhole && $0.codes.count == order.items }
        guard sale != nil || chance.percent(25) else { return }
        note("resolve_sold \(order.key), \(sale != nil ? "rightly" : "wrongly")")
        let codes = sale?.codes ?? order.codes.enumerated().map { $1 ?? "WRONG\(order.id)N\($0)" }
        if try await ask(
            "SELECT giftbridge.resolve_sold($1, $2, $3)",
            [.int(order.id), .text(sale?.reference ?? "WRONG-\(order.id)"), .textArray(codes)]) != nil, sale == nil
        {
            known[order.key]?.wasResolvedSold = true
        }
    }

    /// A worker comes back with another company's key for a shop; a later one may have the first key again.
    func changeAccount() async throws {
        guard let name = chance.pick(shops.keys.sorted()), var shop = shops[name], shop.group == nil else { return }
        let strange = "strange-\(name)"
        shop.accounts["w2"] = shop.accounts["w2"] == strange ? shop.accounts["w1"] : strange
        shops[name] = shop
        note("w2 has key \(shop.accounts["w2"] ?? "") for \(name)")
        try await tell("w2")
    }

    func giveUpStrangeKeys() async throws {
        for name in shops.keys.sorted() {
            guard var shop = shops[name] else { continue }
            shop.accounts["w2"] = shop.accounts["w1"]
            shops[name] = shop
        }
        note("w2 has the keys of w1")
        try await tell("w2")
    }

    func tell(_ worker: String) async throws {
        let names = shops.keys.sorted()
        try await connection.query(
            "SELECT giftbridge.tell_accounts($1, $2, $3, $4, $5)",
            [
                .text(worker), .textArray(names), .textArray(names.map { shops[$0]?.accounts[worker] }),
                .textArray(names.map { _ in "vendor:443" }), .textArray(names.map { _ in nil }),
            ])
    }
}
