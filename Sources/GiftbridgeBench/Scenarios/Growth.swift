import Giftbridge
import LibPQ
import Logging

/// What a claim and its settle cost as the tables grow, and while a transaction elsewhere keeps the dead rows alive. Small and
/// large tables take turns, each in a database of its own: the machine's speed varies by more than what is measured.
struct Growth {
    let scene: Scene
    private let batch = 100
    private var cycles: Int { scene.plan.isQuick ? 3 : 60 }
    /// What both phases take, each with a turn to warm up.
    private var turns: Int { 2 * (scene.plan.runs + 1) }

    func measure() async throws {
        let rows = scene.plan.rows
        try await scene.clear()
        try await fill(SQL.Bench.fillFinished, rows, scene.connection)
        try await fill(SQL.Bench.fillWaiting, max(rows, turns * cycles * batch), scene.connection)
        try await scene.withSecondDatabase { second in
            try await fill(SQL.Bench.fillWaiting, turns * cycles * batch, second)
            let free = try await compare(second, scene.connection)
            let holder = try await Connection.open(scene.conninfo, logger: Logger(label: "bench"))
            let held = try await holder.transaction { transaction in
                try await transaction.query(SQL.Bench.holdSnapshot)
                return try await compare(second, scene.connection)
            }
            await holder.close()

            let size = Self.grouped(rows)
            tell("small tables", free.small + held.small, timesSmall: [1])
            tell("\(size) finished and \(size) waiting", free.large, timesSmall: free.ratios)
            tell("the same, a transaction held open meanwhile", held.large, timesSmall: held.ratios)
        }
        try await scene.clear()
    }

    private static func grouped(_ rows: Int) -> String {
        rows >= 1_000_000 && rows % 1_000_000 == 0 ? "\(rows / 1_000_000) million" : "\(rows)"
    }

    private func tell(_ name: String, _ times: [Double], timesSmall ratios: [Double]) {
        scene.findings.tell(
            Measurement(.growth, name, unit: "ms", times, [.init("times_small", "× small", ratios)]))
    }

    /// The median times of a claim and its settle, one of each size for each run.
    private struct Comparison {
        var small: [Double] = []
        var large: [Double] = []
        /// Pair by pair.
        var ratios: [Double] { zip(large, small).map { $0 / $1 } }
    }

    private func compare(_ small: Connection, _ large: Connection) async throws -> Comparison {
        // Warms up.
        _ = try await Cycle.times(cycles, of: batch, on: small)
        _ = try await Cycle.times(cycles, of: batch, on: large)
        var comparison = Comparison()
        for _ in 1...scene.plan.runs {
            comparison.small.append(try await Cycle.times(cycles, of: batch, on: small).median)
            comparison.large.append(try await Cycle.times(cycles, of: batch, on: large).median)
        }
        return comparison
    }

    /// Adds rows, finished ones past the triggers, and leaves the tables as autovacuum would.
    private func fill(_ statement: String, _ rows: Int, _ connection: Connection) async throws {
        if statement == SQL.Bench.fillFinished { try await connection.query(SQL.Bench.checksOff) }
        try await connection.query(SQL.Bench.pagesFull)
        try await connection.query(statement, [.int(rows)])
        try await connection.query(SQL.Bench.pagesRoomy)
        try await connection.query(SQL.Bench.checksOn)
        try await connection.query(SQL.Bench.vacuum)
        // The server of `--database-url` may not allow it.
        if scene.plan.databaseURL == nil { try await connection.query(SQL.Bench.checkpoint) }
    }
}
