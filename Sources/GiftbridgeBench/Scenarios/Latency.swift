import Giftbridge
import LibPQ
import Logging

/// From the moment when the shop's process has the acknowledgement of its INSERT's commit to the moment when the peer has read
/// the order's request. One order at a time, with pauses, so that nothing else is under way.
struct Latency {
    let scene: Scene

    func measure() async throws {
        try await scene.peer.delay(.zero)
        try await scene.clear()
        let count = scene.plan.isQuick ? 10 : 300
        let shop = try await Courier(scene.server.conninfo)
        let runs = try await scene.withWorker { worker in
            try await scene.waitUntilUp(worker)
            // Warms up.
            _ = try await run(20, prefix: "w", by: shop, worker)
            let before = (CPUUsage(scene, worker), monotonicNow())
            let runs = try await scene.repeated { try await run(count, prefix: "r\($0)", by: shop, worker) }
            let others = (CPUUsage(scene, worker) - before.0).others
            scene.findings.warnIfBusy(.latency, othersCores: others / seconds(since: before.1))
            return runs
        }
        await shop.connection.close()
        for (name, percent) in [("p50", 50.0), ("p99", 99.0)] {
            scene.findings.tell(
                Measurement(
                    .latency, "commit acknowledged → arrival, \(name)", unit: "ms",
                    runs.map { $0.acknowledged.percentile(percent) },
                    [.init("from_insert_sent_ms", "from INSERT sent", runs.map { $0.sent.percentile(percent) })]))
        }
    }

    /// Milliseconds of each order, from the commit's acknowledgement and from the INSERT's sending.
    private func run(
        _ count: Int, prefix: String, by shop: Courier, _ worker: WorkerProcess
    ) async throws -> (acknowledged: [Double], sent: [Double]) {
        try await scene.clear()
        var times: [String: (sent: Int64, acknowledged: Int64)] = [:]
        for number in 1...count {
            let start = "\(prefix)-\(number)-"
            times[start + "1"] = try await shop.run(SQL.Bench.insertOrders, [.text(start), .int(1)])
            // Not in step with anything.
            try await Task.sleep(for: .milliseconds(.random(in: 20.0...30.0)))
        }
        try await scene.waitUntilDone(worker)
        let ledger = try await scene.balancedLedger(orders: count)
        let arrivals = Dictionary(
            ledger.entries.map { ($0.orderID, $0.arrival) }, uniquingKeysWith: { first, _ in first })
        var result: (acknowledged: [Double], sent: [Double]) = ([], [])
        for (order, time) in times {
            guard let arrival = arrivals[order] else { throw BenchError("order \(order) did not arrive") }
            result.acknowledged.append(Double(arrival - time.acknowledged) / 1e6)
            result.sent.append(Double(arrival - time.sent) / 1e6)
        }
        return result
    }
}

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

/// From the moment before the worker's process is made to the arrival of the first order's request, where an order waits.
struct Start {
    let scene: Scene

    func measure() async throws {
        try await scene.peer.delay(.zero)
        var times: [Double] = []
        for number in 1...(scene.plan.isQuick ? scene.plan.runs : scene.plan.runs * 3) {
            try await scene.clear()
            try await scene.insert(1, prefix: "start\(number)-")
            times.append(
                try await scene.withWorker { worker in
                    try await scene.waitUntilDone(worker)
                    let ledger = try await scene.balancedLedger(orders: 1)
                    return Double(try ledger.firstArrival() - worker.startedAt) / 1e6
                })
        }
        scene.findings.tell(Measurement(.start, "process start → first order's request", unit: "ms", times))
    }
}
