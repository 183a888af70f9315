import Giftbridge
import LibPQ

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
            let holder = try await scene.server.connect()
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

/// Claim and settle without a worker: what the queue costs PostgreSQL.
enum Cycle {
    /// Claims orders and settles them as sold, each in a transaction of its own.
    ///
    /// - Throws: ``BenchError`` if it were not `count` orders.
    static func run(_ count: Int, on connection: Connection) async throws {
        var claimed = try await connection.prepared(SQL.Bench.cycleClaim, [.int(count)]).first
        if try claimed?.int("n") == 0 {
            // The first time: a claim is for a worker that has said who it is.
            try await connection.prepared(SQL.Bench.cycleWorker)
            claimed = try await connection.prepared(SQL.Bench.cycleClaim, [.int(count)]).first
        }
        guard let claimed else { return }
        let settled = try await connection.prepared(
            SQL.Bench.cycleSettle,
            [
                .text(try claimed.text("ids")), .text(try claimed.text("tokens")),
                .text(try claimed.text("order_references")), .text(try claimed.text("codes")),
                .int(try claimed.int("n")),
            ]
        ).first
        let orders = try settled?.int("orders") ?? 0
        guard orders == count else { throw BenchError("\(orders) orders were claimed and settled instead of \(count)") }
    }

    /// - Returns: How long each cycle took, in milliseconds.
    static func times(_ cycles: Int, of count: Int, on connection: Connection) async throws -> [Double] {
        var times: [Double] = []
        for _ in 0..<cycles {
            let start = monotonicNow()
            try await run(count, on: connection)
            times.append(seconds(since: start) * 1000)
        }
        return times
    }
}
