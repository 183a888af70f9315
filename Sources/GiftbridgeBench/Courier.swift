import LibPQ
import Logging

/// A connection whose user runs on its own thread: times are taken without a change of threads.
actor Courier {
    nonisolated let connection: Connection
    private let arrivals: AsyncStream<Int64>
    nonisolated var unownedExecutor: UnownedSerialExecutor { connection.loop.asUnownedSerialExecutor() }

    init(_ conninfo: String) async throws {
        let (arrivals, arrival) = AsyncStream.makeStream(of: Int64.self)
        self.arrivals = arrivals
        connection = try await Connection.open(
            conninfo, logger: Logger(label: "bench"), onNotify: { _ in arrival.yield(monotonicNow()) },
            onEnd: { arrival.finish() })
    }

    /// Runs a statement.
    ///
    /// - Returns: When it was given to libpq and when its acknowledgement was there: CLOCK_MONOTONIC, nanoseconds.
    @discardableResult
    func run(_ sql: String, _ parameters: [Parameter] = []) async throws -> (sent: Int64, acknowledged: Int64) {
        let sent = monotonicNow()
        try await connection.prepared(sql, parameters)
        return (sent, monotonicNow())
    }

    /// - Returns: When the next notification was there; nil: the connection is gone.
    func nextNotification() async -> Int64? {
        var arrivals = arrivals.makeAsyncIterator()
        return await arrivals.next(isolation: self)
    }
}
