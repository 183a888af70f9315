import Giftbridge
import LibPQ

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
                    guard let arrival = ledger.firstArrival else { throw BenchError("no request came") }
                    return Double(arrival - worker.startedAt) / 1e6
                })
        }
        scene.findings.tell(Measurement(.start, "process start → first order's request", unit: "ms", times))
    }
}
