import Giftbridge
import LibPQ

/// What the machine can do without the bridge: the ceilings of the other figures.
struct Limits {
    let scene: Scene

    /// Measures the ceilings; tells of them and of the other limits if the plan asks for them.
    func measure() async throws -> DrainCeilings {
        let peer = try await peerCeiling()
        let server = try await serverCeiling()
        if scene.plan.parts.contains(.limits) {
            scene.findings.tell(peer)
            scene.findings.tell(server)
            if scene.plan.databaseURL == nil { scene.findings.tell(try fdatasync()) }
            try await notify()
        }
        // What was possible once is the ceiling.
        return DrainCeilings(peer: peer.maximum, server: server.maximum)
    }

    /// Measures the ceilings without telling of them.
    func ceilings() async throws -> DrainCeilings {
        try await DrainCeilings(peer: peerCeiling().maximum, server: serverCeiling().maximum)
    }

    private func peerCeiling() async throws -> Measurement {
        try await scene.peer.delay(.zero)
        var rates: [Double] = []
        for _ in 1...scene.plan.runs {
            rates.append(
                try await LoadProcess.run(
                    scene.plan.program, port: scene.peer.port, connections: 64,
                    for: .milliseconds(scene.plan.isQuick ? 50 : 1000)))
        }
        _ = try await scene.peer.ledger()
        return Measurement(.limits, "HTTP peer, 64 connections", unit: "requests/s", rates)
    }

    /// Claim and settle, 256 orders at a time, each in a transaction of its own, on one connection.
    private func serverCeiling() async throws -> Measurement {
        let batch = 256
        let batches = scene.plan.isQuick ? 2 : 40
        var rates: [Double] = []
        for run in 1...scene.plan.runs {
            try await scene.clear()
            try await scene.insert(batch * batches, prefix: "sql\(run)-")
            let start = monotonicNow()
            for _ in 1...batches { try await Cycle.run(batch, on: scene.connection) }
            rates.append(Double(batch * batches) / (Double(monotonicNow() - start) / 1e9))
        }
        return Measurement(.limits, "claim and settle in SQL alone, \(batch) at once", unit: "orders/s", rates)
    }

    private func fdatasync() throws -> Measurement {
        let probe = try FsyncProbe(directory: scene.directory)
        let times = try (1...scene.plan.runs).map { _ in
            try probe.run(scene.plan.isQuick ? 5 : 200).median
        }
        return Measurement(.limits, "8 kB written and fdatasync'ed", unit: "µs", times)
    }

    /// From sending NOTIFY to its coming out at another connection.
    private func notify() async throws {
        let sender = try await Courier(scene.conninfo)
        let receiver = try await Courier(scene.conninfo)
        try await receiver.connection.query(SQL.Bench.listen)
        var medians: [Double] = []
        for _ in 1...scene.plan.runs {
            var times: [Double] = []
            for _ in 1...(scene.plan.isQuick ? 5 : 200) {
                async let arrival = receiver.nextNotification()
                let sent = try await sender.run(SQL.Bench.notify).sent
                guard let arrival = await arrival else { throw BenchError("the listening connection was lost") }
                times.append(Double(arrival - sent) / 1000)
                try await Task.sleep(for: .milliseconds(1))
            }
            medians.append(times.median)
        }
        await sender.connection.close()
        await receiver.connection.close()
        scene.findings.tell(Measurement(.limits, "NOTIFY sent → received", unit: "µs", medians))
    }
}
