import Giftbridge
import LibPQ
import LocalPostgres
import Logging

/// What a measurement works with: a server, the peer, and the plan.
struct Scene: Sendable {
    let plan: BenchPlan
    /// The benchmark's database.
    let conninfo: String
    /// A connection of the benchmark's own, for what is not measured.
    let connection: Connection
    let peer: PeerProcess
    /// A folder for the worker's log.
    let directory: String
    /// The server process; nil: it is on another machine, and its CPU is not known.
    let postmaster: Int32?
    /// Gets each measurement as it is made.
    let tell: @Sendable (Measurement) -> Void

    /// Runs a worker while `body` runs.
    func withWorker<Value: Sendable>(
        concurrency: Int, _ body: @Sendable @escaping (WorkerProcess) async throws -> Value
    ) async throws -> Value {
        let settings = [
            "GIFTBRIDGE_DATABASE_URL": conninfo, "GIFTBRIDGE_API_URL": peer.url, "GIFTBRIDGE_API_KEY": "sk_bench",
            "GIFTBRIDGE_CONCURRENCY": "\(concurrency)", "GIFTBRIDGE_LOG_LEVEL": plan.logLevel,
            "GIFTBRIDGE_LOG_FORMAT": "json", "GIFTBRIDGE_HTTP_ADDRESS": "",
        ]
        return try await WorkerProcess.run(
            plan.executable, settings: settings, logPath: "\(directory)/worker.log", body)
    }

    /// Waits until every order is at its end, looking every few milliseconds through partial indexes.
    ///
    /// - Returns: When it was so, CLOCK_MONOTONIC in nanoseconds.
    func waitUntilDone(within bound: Duration) async throws -> Int64 {
        let deadline = ContinuousClock.now + bound
        while ContinuousClock.now < deadline {
            if try await connection.prepared(SQL.Bench.isOpen).first?.bool("is_open") == false { return monotonicNow() }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw BenchError("the orders were not finished within \(bound)")
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
}
