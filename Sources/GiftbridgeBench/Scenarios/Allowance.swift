import Giftbridge
import LibPQ

/// How much of the vendor's allowance is used, and that it is never exceeded, by the arrivals at the peer.
struct Allowance {
    let scene: Scene

    func measure() async throws {
        let limit = scene.plan.isQuick ? 10 : 60
        let window = Duration.seconds(3)
        let windows = scene.plan.isQuick ? 2 : 5
        try await scene.peer.delay(.zero)
        var shares: [Double] = []
        for run in 1...scene.plan.runs {
            try await scene.clear()
            try await scene.connection.query(
                SQL.Bench.allowance, [.int(limit), .double(window / .seconds(1))])
            try await scene.insert(limit * windows, prefix: "a\(run)-")
            let ledger = try await scene.withWorker { worker in
                try await scene.waitUntilDone(worker)
                return try await scene.balancedLedger(orders: limit * windows)
            }
            shares.append(try share(ledger.entries.map(\.arrival).sorted(), limit, window, windows))
        }
        try await scene.connection.query(SQL.Bench.shop)
        scene.findings.tell(
            Measurement(.allowance, "used of \(limit) in \(window.milliseconds / 1000) s", unit: "%", shares))
    }

    /// The share of the ideal rate, in percent: the first requests at once, then `limit` in each window.
    private func share(_ arrivals: [Int64], _ limit: Int, _ window: Duration, _ windows: Int) throws -> Double {
        guard let first = arrivals.first, let last = arrivals.last else { throw BenchError("no request came") }
        for (earlier, later) in zip(arrivals, arrivals.dropFirst(limit)) where later - earlier < window.nanoseconds {
            scene.findings.fail("allowance: more than \(limit) requests arrived within \(window)")
        }
        return Double(windows - 1) * Double(window.nanoseconds) / Double(last - first) * 100
    }
}
