import Giftbridge
import LibPQ

/// What it costs that the orders come from many shops: a backlog of one shop, and one of as many orders spread over many shops with an
/// allowance each, in turns, so that they are compared at the same moments.
struct Shops {
    let scene: Scene
    private let delay = Duration.milliseconds(50)
    private let concurrency = 256

    func measure() async throws {
        let counts = scene.plan.isQuick ? [3] : [100, 10_000]
        try await scene.peer.delay(delay)
        for count in counts {
            let orders = scene.plan.isQuick ? 60 : 20_000
            var one: [Double] = []
            var many: [Double] = []
            try await scene.clear()
            try await scene.connection.query(SQL.Bench.shopsInsert, [.int(count)])
            // Every shop's key is reported once.
            try await scene.withWorker(concurrency: concurrency) { worker in
                _ = try await rate(count, shops: count, prefix: "w-", worker)
            }
            for run in 1...scene.plan.runs {
                one.append(try await measured(orders, shops: 1, prefix: "o\(run)-"))
                many.append(try await measured(orders, shops: count, prefix: "m\(run)-"))
            }
            try await scene.clear()
            try await scene.connection.query(SQL.Bench.shopsDelete)
            scene.findings.tell(
                Measurement(
                    .shops, "\(count) shops, API 50 ms, 256 in flight", unit: "orders/s", many,
                    [
                        .init("one_shop_orders_per_s", "one shop", one),
                        .init("times_one_shop", "× one shop", zip(many, one).map { $0 / $1 }),
                    ]))
        }
    }

    private func measured(_ orders: Int, shops: Int, prefix: String) async throws -> Double {
        try await scene.clear()
        return try await scene.withWorker(concurrency: concurrency) { worker in
            try await rate(orders, shops: shops, prefix: prefix, worker)
        }
    }

    /// Orders a second, from the first request's arrival until every order is at its end.
    private func rate(_ orders: Int, shops: Int, prefix: String, _ worker: WorkerProcess) async throws -> Double {
        try await scene.waitUntilUp(worker)
        try await scene.connection.prepared(SQL.Bench.insertForShops, [.text(prefix), .int(orders), .int(shops)])
        let end = try await scene.waitUntilDone(worker)
        let ledger = try await scene.balancedLedger(orders: orders)
        return Double(orders) / (Double(end - (try ledger.firstArrival())) / 1e9)
    }
}

/// How much of the vendor's allowance is used, and that it is never exceeded, by the arrivals at the peer.
struct Allowance {
    let scene: Scene

    func measure() async throws {
        let limit = scene.plan.isQuick ? 10 : 60
        let window = Duration.seconds(3)
        let windows = scene.plan.isQuick ? 2 : 5
        try await scene.peer.delay(.zero)
        let shares = try await scene.repeated { run in
            try await scene.clear()
            try await scene.connection.query(
                SQL.Bench.allowance, [.int(limit), .double(window / .seconds(1))])
            try await scene.insert(limit * windows, prefix: "a\(run)-")
            let ledger = try await scene.withWorker { worker in
                try await scene.waitUntilDone(worker)
                return try await scene.balancedLedger(orders: limit * windows)
            }
            return try share(ledger.entries.map(\.arrival).sorted(), limit, window, windows)
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
