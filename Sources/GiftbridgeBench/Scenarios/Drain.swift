import Giftbridge
import LibPQ

/// How fast a backlog goes out: claim → POST → write-back, from the first request's arrival at the peer to the moment when the
/// last order is at its end in the table.
struct Drain {
    let scene: Scene
    let delay: Duration
    let concurrency: Int

    private struct Run {
        let rate: Double
        let seconds: Double
        /// Of the worker, the server and so on, during the run.
        let used: CPUUsage
        let orders: Int
        let peakBytes: Int

        func perOrder(_ seconds: Double) -> Double { seconds * 1e6 / Double(orders) }
    }

    /// What a drain is to be held against its ceilings with.
    struct Outcome {
        let name: String
        /// Orders a second.
        let rate: Double
        /// Shares of a core, 0 to 1 or more; the server's is nil where it is not known.
        let peerCore: Double
        let serverCore: Double?
    }

    /// Tells of the drain.
    func measure() async throws -> Outcome {
        try await scene.peer.delay(delay)
        try await scene.clear()
        let runs = try await scene.withWorker(concurrency: concurrency) { worker in
            // Warms connections, plans and caches up, and tells how many orders a run needs.
            let first = try await run(scene.plan.isQuick ? 50 : 2000, prefix: "w-", worker)
            let count = scene.plan.orders ?? min(max(Int(first.rate * 3), 200), 60_000)
            return try await scene.repeated { number in
                try await scene.clear()
                return try await run(count, prefix: "r\(number)-", worker)
            }
        }
        let measurement = measurement(runs)
        scene.findings.tell(measurement)
        scene.findings.warnIfBusy(.drain, othersCores: runs.map { $0.used.others / $0.seconds }.median)
        let serverCores = runs.compactMap { run in run.used.server.map { $0 / run.seconds } }
        return Outcome(
            name: measurement.name, rate: measurement.median,
            peerCore: runs.map { $0.used.peer / $0.seconds }.median,
            serverCore: serverCores.isEmpty ? nil : serverCores.median)
    }

    /// One drain of these orders, checked against the ledger.
    private func run(_ count: Int, prefix: String, _ worker: WorkerProcess) async throws -> Run {
        // Paused, so that the inserting is over before the draining begins.
        try await scene.connection.query(SQL.Bench.pause)
        try await scene.insert(count, prefix: prefix)
        let before = CPUUsage(scene, worker)
        try await scene.connection.query(SQL.Bench.resume)
        let end = try await scene.waitUntilDone(worker)
        let used = CPUUsage(scene, worker) - before
        let peak = ProcessUsage.memory(pid: worker.pid)?.peak ?? 0
        let ledger = try await scene.balancedLedger(orders: count)
        let seconds = Double(end - (try ledger.firstArrival())) / 1e9
        return Run(rate: Double(count) / seconds, seconds: seconds, used: used, orders: count, peakBytes: peak)
    }

    private func measurement(_ runs: [Run]) -> Measurement {
        let details: [Measurement.Detail] = [
            .init("worker_cpu_us_per_order", "worker µs", runs.map { $0.perOrder($0.used.worker) }),
            .init(
                "postgres_cpu_us_per_order", "postgres µs", runs.compactMap { run in run.used.server.map(run.perOrder) }
            ),
            .init("peer_cpu_us_per_order", "peer µs", runs.map { $0.perOrder($0.used.peer) }),
            .init("others_cpu_cores", "others' CPU", runs.map { $0.used.others / $0.seconds }),
            .init("worker_peak_mb", "peak MB", runs.map { Double($0.peakBytes) / 1e6 }),
            // The rate of requests that are in flight all the time and take as long as the delay.
            .init(
                "delay_allows_orders_per_s", "at most",
                delay > .zero ? [Double(concurrency) / (delay / .seconds(1))] : []),
        ]
        return Measurement(
            .drain, "API \(Int(delay.milliseconds)) ms, \(concurrency) in flight", unit: "orders/s", runs.map(\.rate),
            details)
    }
}

/// What a drain is compared with, to tell whether it was the bridge that was measured.
struct DrainCeilings: Sendable {
    /// Requests a second that the peer answers.
    let peer: Double
    /// Orders a second that PostgreSQL claims and settles with nothing else to do.
    let server: Double

    /// Why a drain does not say what it claims to say.
    ///
    /// - Parameters:
    ///   - rate: Orders a second.
    ///   - peerCore: The share of a core that the peer used, 0 to 1.
    ///   - serverCore: The same of the server, whose work for one worker is that of one process; nil: not known.
    /// - Returns: A sentence each; none: nothing but the bridge was the limit.
    func doubts(rate: Double, peerCore: Double, serverCore: Double?) -> [String] {
        var doubts: [String] = []
        if rate > peer * 0.8 || peerCore > 0.9 {
            doubts.append(
                "the HTTP peer was the limit (its ceiling is \(Int(peer)) requests/s; it used \(percent(peerCore)) of a core)"
            )
        }
        if rate > server || serverCore ?? 0 > 0.9 {
            let used = serverCore.map { "; it used \(percent($0)) of a core" } ?? ""
            doubts.append("PostgreSQL was the limit (claim and settle alone are \(Int(server)) orders/s\(used))")
        }
        return doubts
    }

    private func percent(_ share: Double) -> String { "\(Int(share * 100)) %" }
}
