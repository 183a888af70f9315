import Giftbridge
import LibPQ
import Logging

/// What a claim and its settle cost as the tables grow, and while a transaction elsewhere keeps the dead rows alive.
struct Growth {
    let scene: Scene
    private let batch = 100

    func measure() async throws {
        let cycles = scene.plan.isQuick ? 3 : 60
        let rows = scene.plan.rows

        try await scene.clear()
        try await fill(SQL.Bench.fillWaiting, (scene.plan.runs + 1) * cycles * batch)
        let small = try await medians(cycles)
        scene.findings.tell(
            Measurement(.growth, "small tables", unit: "ms", small, [.init("times_small", "× small", [1])]))

        try await scene.clear()
        try await fill(SQL.Bench.fillFinished, rows)
        try await fill(SQL.Bench.fillWaiting, max(rows, 2 * (scene.plan.runs + 1) * cycles * batch))
        let large = try await medians(cycles)
        scene.findings.tell(
            Measurement(
                .growth, "\(Self.grouped(rows)) finished and \(Self.grouped(rows)) waiting", unit: "ms", large,
                [.init("times_small", "× small", [large.median / small.median])]))

        let holder = try await Connection.open(scene.conninfo, logger: Logger(label: "bench"))
        let held = try await holder.transaction { transaction in
            try await transaction.query(SQL.Bench.holdSnapshot)
            return try await medians(cycles)
        }
        await holder.close()
        scene.findings.tell(
            Measurement(
                .growth, "the same, a transaction held open meanwhile", unit: "ms", held,
                [.init("times_small", "× small", [held.median / small.median])]))
        try await scene.clear()
    }

    private static func grouped(_ rows: Int) -> String {
        rows >= 1_000_000 && rows % 1_000_000 == 0 ? "\(rows / 1_000_000) million" : "\(rows)"
    }

    /// The median time of a claim and its settle, once for each run.
    private func medians(_ cycles: Int) async throws -> [Double] {
        // Warms up.
        _ = try await Cycle.times(cycles, of: batch, on: scene.connection)
        var medians: [Double] = []
        for _ in 1...scene.plan.runs {
            medians.append(try await Cycle.times(cycles, of: batch, on: scene.connection).median)
        }
        return medians
    }

    /// Adds rows past the triggers, and leaves the tables as autovacuum would.
    private func fill(_ statement: String, _ rows: Int) async throws {
        try await scene.connection.query(SQL.Bench.checksOff)
        try await scene.connection.query(SQL.Bench.pagesFull)
        try await scene.connection.query(statement, [.int(rows)])
        try await scene.connection.query(SQL.Bench.pagesRoomy)
        try await scene.connection.query(SQL.Bench.checksOn)
        try await scene.connection.query(SQL.Bench.vacuum)
        // Somebody else's server may not let us.
        if scene.plan.databaseURL == nil { try await scene.connection.query(SQL.Bench.checkpoint) }
    }
}
