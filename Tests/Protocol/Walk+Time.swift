import LibPQ

/// Time, and what the database suffers.
extension Walk {
    /// Time passes for all. Whole steps of 3 seconds, in which a fine-grained allowance counts.
    func advance(seconds: Int) async throws {
        note("time +\(seconds) s")
        try await connection.query("SELECT walk.advance($1)", [.interval(.seconds(seconds))])
        skip(Double(seconds))
    }

    /// A worker's leases end early: it was stopped for a while, or is gone.
    func endLeases() async throws {
        let flying = states.filter { $0.token != nil }
        guard let one = chance.pick(flying) else { return }
        let all = chance.percent(30)
        note("lease ends of \(all ? "all" : one.key)")
        try await connection.query(
            "UPDATE giftbridge.in_flight SET lease_until = now() - interval '1 s' WHERE $1 OR order_id = $2",
            [.bool(all), .int(one.id)])
    }

    /// The database's clock jumps: what was to wait is due.
    func jump() async throws {
        note("clock jumps")
        try await connection.query(
            "UPDATE giftbridge.due SET due_at = least(due_at, now() - interval '1 s') WHERE order_id % 3 = $1",
            [.int(chance.below(3))])
    }

    func rescue() async throws {
        note("rescue")
        let flying = states.filter { $0.token != nil }.map(\.id)
        _ = try await whileLocked(chance.percent(10) && !isCalm ? chance.pick(flying) : nil) { connection in
            try await connection.prepared(
                "SELECT giftbridge.rescue($1, $2::integer)", [.interval(.seconds(60)), .int(4)])
        }
    }

    func save() async throws {
        note("a backup is taken")
        try await connection.query("SELECT walk.save()")
        savedHeard = heard
        savedAt = offset
    }

    /// The database goes back to the last backup: what was committed since is lost, at the vendor it is not.
    func goBack() async throws {
        guard let savedHeard, chance.percent(60) else { return }
        let isRestore = chance.percent(50)
        note("the database goes back\(isRestore ? ", its sequences too" : "")")
        try await connection.query("SELECT walk.go_back($1)", [.bool(isRestore)])
        // The backup was taken that much earlier.
        try await connection.query("SELECT walk.advance($1)", [.interval(.seconds(offset - savedAt))])
        heard = savedHeard
        epoch += 1
        // What was sent meanwhile is forgotten: no allowance can count it.
        claims = [:]
        vendor.arrivals = [:]
        for key in known.keys {
            // Items that were added since get other codes, where they are added otherwise.
            guard var order = known[key] else { continue }
            order.codes = order.codes.filter { $0.key < order.itemCount }
            known[key] = order
        }
        for worker in Self.workers { try await tell(worker) }
    }
}
