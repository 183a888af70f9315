import LibPQ

/// The end of a walk: nothing goes wrong any more, and time runs on.
extension Walk {
    func finish() async throws {
        isCalm = true
        note("all faults end")
        for shop in shops.keys.sorted() { try await connection.query("SELECT giftbridge.resume($1)", [.text(shop)]) }
        isSeen = false
        while !held.isEmpty {
            deliver()
            try await check()
        }
        // What was claimed and never sent stays so: its worker is gone. Answers that were kept are written back.
        for round in 0..<80 {
            // An order that only a worker with another company's key may send waits for that key, until its operator gives it up.
            if round == 40 { try await giveUpStrangeKeys() }
            try await settle(all: true)
            try await advance(seconds: 1200)
            try await rescue()
            // An order that alone is answered as if the set-up were wrong is told by others that pass.
            let doubtful = states.filter { $0.lane != nil && known[$0.key]?.isCursed == true }.map(\.shop)
            for shop in Set(doubtful).sorted() { try await insertNew(into: shop) }
            for worker in Self.workers {
                isSeen = false
                try await check()
                try await claim(worker, all: true)
            }
            isSeen = false
            try await check()
            if states.allSatisfy({ $0.lane == nil && $0.token == nil }) { return }
        }
        let open = states.filter { $0.lane != nil || $0.token != nil }.map {
            "\($0.key) \($0.status) lane \($0.lane ?? -1)"
        }
        throw BrokenPromise(description: "these orders never come to an end: \(open)")
    }
}
