import Giftbridge
import Glibc
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
            if scene.plan.databaseURL == nil { scene.findings.tell(try await fdatasync()) }
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
        let rates = try await scene.repeated { _ in
            try await LoadCommand.rate(
                scene.plan.program, port: scene.peer.port, connections: 64,
                for: .milliseconds(scene.plan.isQuick ? 50 : 1000))
        }
        _ = try await scene.peer.ledger()
        return Measurement(.limits, "HTTP peer, 64 connections", unit: "requests/s", rates)
    }

    /// Claim and settle, 256 orders at a time, each in a transaction of its own, on one connection.
    private func serverCeiling() async throws -> Measurement {
        let batch = 256
        let batches = scene.plan.isQuick ? 2 : 40
        let rates = try await scene.repeated { run in
            try await scene.clear()
            try await scene.insert(batch * batches, prefix: "sql\(run)-")
            let start = monotonicNow()
            for _ in 1...batches { try await Cycle.run(batch, on: scene.connection) }
            return Double(batch * batches) / seconds(since: start)
        }
        return Measurement(.limits, "claim and settle in SQL alone, \(batch) at once", unit: "orders/s", rates)
    }

    private func fdatasync() async throws -> Measurement {
        let probe = try FsyncProbe(directory: scene.server.directory)
        let times = try await scene.repeated { _ in try probe.run(scene.plan.isQuick ? 5 : 200).median }
        return Measurement(.limits, "8 kB written and fdatasync'ed", unit: "µs", times)
    }

    /// From sending NOTIFY to its coming out at another connection.
    private func notify() async throws {
        let sender = try await Courier(scene.server.conninfo)
        let receiver = try await Courier(scene.server.conninfo)
        try await receiver.connection.query(SQL.Bench.listen)
        let medians = try await scene.repeated { _ in
            var times: [Double] = []
            for _ in 1...(scene.plan.isQuick ? 5 : 200) {
                async let arrival = receiver.nextNotification()
                let sent = try await sender.run(SQL.Bench.notify).sent
                guard let arrival = await arrival else { throw BenchError("the listening connection was lost") }
                times.append(Double(arrival - sent) / 1000)
                try await Task.sleep(for: .milliseconds(1))
            }
            return times.median
        }
        await sender.connection.close()
        await receiver.connection.close()
        scene.findings.tell(Measurement(.limits, "NOTIFY sent → received", unit: "µs", medians))
    }
}

/// Writes as a server's WAL does: 8 kB pieces of a file that is there already, each followed by fdatasync.
struct FsyncProbe {
    private let path: String
    private static let size = 16 << 20
    private static let piece = 8192

    init(directory: String) throws(BenchError) {
        path = "\(directory)/fsync"
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        defer {
            fsync(file)
            close(file)
        }
        let zeros = [UInt8](repeating: 0, count: 1 << 20)
        for _ in 0..<(Self.size >> 20) {
            guard write(file, zeros, zeros.count) == zeros.count else { throw BenchError("\(path) cannot be written") }
        }
    }

    /// - Returns: How long each write took, in microseconds.
    func run(_ count: Int) throws(BenchError) -> [Double] {
        let file = open(path, O_RDWR | O_CLOEXEC)
        defer { close(file) }
        let bytes = [UInt8](repeating: 1, count: Self.piece)
        var times: [Double] = []
        for index in 0..<count {
            let start = monotonicNow()
            guard pwrite(file, bytes, bytes.count, off_t(index * Self.piece % Self.size)) == bytes.count,
                fdatasync(file) == 0
            else { throw BenchError("\(path) cannot be written") }
            times.append(Double(monotonicNow() - start) / 1000)
        }
        return times
    }
}
