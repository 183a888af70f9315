import Giftbridge
import LibPQ

/// What the triggers cost the shop: inserts with all of them, without the one that notifies, and without any. A worker runs and
/// is notified, but the shop is paused. The three take turns, so that they are compared at the same moments.
struct InsertCost {
    let scene: Scene

    private enum Variant: CaseIterable {
        case all, withoutHint, none
    }

    func measure() async throws {
        try await scene.connection.query(SQL.Bench.pause)
        try await scene.withWorker { worker in
            try await scene.waitUntilUp(worker)
            try await measure("1 row, 1 session", sessions: 1, rows: 1)
            try await measure("1 row, 16 sessions", sessions: 16, rows: 1)
            try await measure("1,000 rows, 1 session", sessions: 1, rows: scene.plan.isQuick ? 50 : 1000)
        }
        try await scene.clear()
        try await scene.connection.query(SQL.Bench.resume)
    }

    private func measure(_ name: String, sessions: Int, rows: Int) async throws {
        var rates: [Variant: [Double]] = [:]
        for _ in 1...scene.plan.runs {
            for variant in Variant.allCases {
                try await scene.clear()
                try await set(variant)
                let rate = await Result { try await load(sessions: sessions, rows: rows) }
                try await scene.connection.query(SQL.Bench.checksOn)
                rates[variant, default: []].append(try rate.get())
            }
        }
        func cost(without variant: Variant) -> [Double] {
            // Pair by pair: the moments differ more than the variants.
            zip(rates[.all] ?? [], rates[variant] ?? []).map { (1 - $0 / $1) * 100 }
        }
        scene.findings.tell(
            Measurement(
                .insert, name, unit: "rows/s", rates[.all] ?? [],
                [
                    .init("rows_per_s_without_notify", "no NOTIFY", rates[.withoutHint] ?? []),
                    .init("rows_per_s_without_triggers", "no triggers", rates[.none] ?? []),
                    .init("notify_cost_percent", "NOTIFY %", cost(without: .withoutHint)),
                    .init("triggers_cost_percent", "triggers %", cost(without: .none)),
                ]))
    }

    private func set(_ variant: Variant) async throws {
        try await scene.connection.query(variant == .none ? SQL.Bench.checksOff : SQL.Bench.checksOn)
        if variant == .withoutHint { try await scene.connection.query(SQL.Bench.hintOff) }
    }

    /// Inserts from several sessions at once.
    ///
    /// - Returns: Rows a second.
    private func load(sessions: Int, rows: Int) async throws -> Double {
        let duration: Duration = scene.plan.isQuick ? .milliseconds(50) : .milliseconds(1500)
        var connections: [Connection] = []
        for _ in 1...sessions { connections.append(try await scene.server.connect()) }
        let start = monotonicNow()
        let end = start + duration.nanoseconds
        let inserted = try await withThrowingTaskGroup(of: Int.self) { group in
            for (session, connection) in connections.enumerated() {
                group.addTask(executorPreference: connection.loop) {
                    var inserts = 0
                    while monotonicNow() < end {
                        try await connection.prepared(
                            SQL.Bench.insertOrders, [.text("\(session)-\(inserts)-"), .int(rows)])
                        inserts += 1
                    }
                    return inserts * rows
                }
            }
            return try await group.reduce(0, +)
        }
        let took = seconds(since: start)
        for connection in connections { await connection.close() }
        return Double(inserted) / took
    }
}
