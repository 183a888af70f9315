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
        guard let start = ledger.firstArrival else { throw BenchError("no request came") }
        return Double(orders) / (Double(end - start) / 1e9)
    }
}
