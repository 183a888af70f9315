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
        let worker: Double
        let peer: Double
        let server: Double?
        let elsewhere: Double
        let peerShare: Double
        let memory: (resident: Int, peak: Int)?
    }

    func measure() async throws {
        try await scene.peer.delay(delay)
        try await scene.clear()
        let runs = try await scene.withWorker(concurrency: concurrency) { worker in
            // Warms connections, plans and caches up, and tells how many orders a run needs.
            let first = try await run(scene.plan.isQuick ? 50 : 2000, prefix: "w-", worker)
            let count = scene.plan.orders ?? min(max(Int(first.rate * 3), 200), 60_000)
            var runs: [Run] = []
            for number in 1...scene.plan.runs {
                try await scene.clear()
                runs.append(try await run(count, prefix: "r\(number)-", worker))
            }
            return runs
        }
        scene.tell(measurement(runs))
    }

    /// One drain of so many orders, checked against the ledger.
    private func run(_ count: Int, prefix: String, _ worker: WorkerProcess) async throws -> Run {
        // Paused, so that the inserting is over before the draining begins.
        try await scene.connection.query(SQL.Bench.pause)
        try await scene.insert(count, prefix: prefix)
        let before = Usage(scene, worker)
        try await scene.connection.query(SQL.Bench.resume)
        let end = try await scene.waitUntilDone(within: .seconds(120))
        let after = Usage(scene, worker)
        let memory = ProcessUsage.memory(pid: worker.pid)
        let ledger = try await scene.peer.ledger()
        try await Books(scene.connection, ledger, orders: count).mustBalance()
        guard let start = ledger.firstArrival else { throw BenchError("no request came") }

        let seconds = Double(end - start) / 1e9
        let used = after - before
        let perOrder = 1e6 / Double(count)
        return Run(
            rate: Double(count) / seconds, worker: used.worker * perOrder, peer: used.peer * perOrder,
            server: used.server.map { $0 * perOrder },
            elsewhere: max(used.machine - used.worker - used.peer - (used.server ?? 0), 0) / seconds,
            peerShare: used.peer / seconds, memory: memory)
    }

    private func measurement(_ runs: [Run]) -> Measurement {
        var details: [Measurement.Detail] = [
            .init(name: "worker_cpu_us", value: runs.map(\.worker).median),
            .init(name: "postgres_cpu_us", value: runs.compactMap(\.server).median),
            .init(name: "peer_cpu_us", value: runs.map(\.peer).median),
            .init(name: "peer_core_share", value: runs.map(\.peerShare).median),
            .init(name: "cores_used_elsewhere", value: runs.map(\.elsewhere).median),
        ]
        details.append(
            .init(name: "worker_rss_mb", value: runs.compactMap { $0.memory?.resident }.map { Double($0) / 1e6 }.median)
        )
        details.append(
            .init(name: "worker_peak_mb", value: runs.compactMap { $0.memory?.peak }.map { Double($0) / 1e6 }.median))
        return Measurement(
            .drain, "API \(Int(delay.milliseconds)) ms, \(concurrency) in flight", unit: "orders/s", runs.map(\.rate),
            details)
    }

    /// CPU seconds so far.
    private struct Usage {
        var worker: Double
        var peer: Double
        var server: Double?
        var machine: Double

        init(_ scene: Scene, _ worker: WorkerProcess) {
            self.worker = ProcessUsage(pid: worker.pid)?.cpuSeconds ?? 0
            peer = ProcessUsage(pid: scene.peer.pid)?.cpuSeconds ?? 0
            server = scene.postmaster.flatMap { ProcessUsage(familyOf: $0)?.cpuSeconds }
            machine = ProcessUsage.machineBusySeconds()
        }

        static func - (after: Usage, before: Usage) -> Usage {
            var used = after
            used.worker -= before.worker
            used.peer -= before.peer
            used.server = after.server.flatMap { after in before.server.map { after - $0 } }
            used.machine -= before.machine
            return used
        }
    }
}
