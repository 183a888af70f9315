import Giftbridge
import LibPQ

/// What a measurement works with: a server, the peer, and the plan.
struct Scene: Sendable {
    let plan: BenchPlan
    let server: BenchServer
    /// A connection of the benchmark's own, for what is not measured.
    let connection: Connection
    let peer: PeerProcess
    /// The server process; nil: it is on another machine, and its CPU is not known.
    let postmaster: Int32?
    let findings: Findings

    /// Runs a worker while `body` runs.
    ///
    /// - Parameter sessionSettings: Server settings for the worker's sessions, as libpq's `options` has them.
    func withWorker<Value: Sendable>(
        concurrency: Int = 64, sessionSettings: String? = nil,
        _ body: @Sendable @escaping (WorkerProcess) async throws -> Value
    ) async throws -> Value {
        let settings = [
            "GIFTBRIDGE_DATABASE_URL": server.conninfo + (sessionSettings.map { " options='\($0)'" } ?? ""),
            "GIFTBRIDGE_API_URL": peer.url, "GIFTBRIDGE_API_KEY": "sk_bench",
            "GIFTBRIDGE_CONCURRENCY": "\(concurrency)", "GIFTBRIDGE_LOG_LEVEL": plan.logLevel,
            "GIFTBRIDGE_LOG_FORMAT": "json", "GIFTBRIDGE_HTTP_ADDRESS": "127.0.0.1:0",
        ]
        try await connection.query(SQL.Bench.forgetWorkers)
        return try await WorkerProcess.run(
            plan.worker, settings: settings, logPath: "\(server.directory)/worker.log"
        ) { worker in
            try await peer.guardian(of: worker.pid)
            let result = await Result { try await body(worker) }
            try await peer.guardian(of: 0)
            return try result.get()
        }
    }

    /// Does what is measured as often as the plan says.
    ///
    /// - Parameter body: Is given the run's number, from 1.
    func repeated<Value>(_ body: (Int) async throws -> Value) async throws -> [Value] {
        var values: [Value] = []
        for run in 1...plan.runs { values.append(try await body(run)) }
        return values
    }

    /// Makes a second database with empty tables, and drops it when `body` has ended.
    func withSecondDatabase(_ body: (Connection) async throws -> Void) async throws {
        try await BenchServer.withDatabase(
            on: connection, create: SQL.Bench.createSecondDatabase, drop: SQL.Bench.dropSecondDatabase
        ) {
            let second = try await Benchmark.open(
                BenchServer.conninfo(server.conninfo, database: "giftbridge_bench_second"))
            let result = await Result { try await body(second) }
            await second.close()
            try result.get()
        }
    }

    /// Waits until a worker listens.
    func waitUntilUp(_ worker: WorkerProcess) async throws {
        try await wait(worker, within: .seconds(20), every: .milliseconds(20), for: "the worker did not come up") {
            try await connection.prepared(SQL.Bench.isListening, [.int(Int(worker.pid))]).first?.bool("is_up") == true
        }
    }

    /// Waits until every order is at its end, looking every few milliseconds through partial indexes.
    ///
    /// - Returns: When it was so, CLOCK_MONOTONIC in nanoseconds.
    @discardableResult
    func waitUntilDone(_ worker: WorkerProcess, within bound: Duration = .seconds(120)) async throws -> Int64 {
        try await wait(worker, within: bound, every: .milliseconds(5), for: "the orders were not finished") {
            try await connection.prepared(SQL.Bench.isOpen).first?.bool("is_open") == false
        }
        return monotonicNow()
    }

    private func wait(
        _ worker: WorkerProcess, within bound: Duration, every interval: Duration, for failure: String,
        _ condition: () async throws -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + bound
        while try await !condition() {
            guard ContinuousClock.now < deadline else { throw BenchError("\(failure) within \(bound)") }
            guard ProcessUsage.isRunning(pid: worker.pid) else {
                throw BenchError("the worker ended: \(worker.lastWords)")
            }
            try await Task.sleep(for: interval)
        }
    }

    /// Inserts orders whose numbers begin with `prefix`, in one statement.
    func insert(_ count: Int, prefix: String) async throws {
        try await connection.prepared(SQL.Bench.insertOrders, [.text(prefix), .int(count)])
    }

    /// Empties the tables and the peer's ledger.
    func clear() async throws {
        try await connection.query(SQL.Bench.clear)
        _ = try await peer.ledger()
    }

    /// Takes the peer's ledger, and compares it with the table.
    ///
    /// - Throws: ``BenchError`` if they do not agree.
    func balancedLedger(orders: Int) async throws -> Ledger {
        let ledger = try await peer.ledger()
        try await Books(connection, ledger, orders: orders).mustBalance()
        return ledger
    }
}
