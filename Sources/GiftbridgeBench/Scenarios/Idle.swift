import FoundationEssentials
import Giftbridge
import LibPQ

/// What a worker without work costs: CPU, memory, statements.
struct Idle {
    let scene: Scene

    func measure() async throws {
        try await scene.clear()
        let window: Duration = scene.plan.isQuick ? .milliseconds(500) : .seconds(20)
        // The server's own log counts what the worker asks, exactly.
        let log = scene.server.log
        try await scene.withWorker(sessionSettings: log == nil ? nil : "-c log_statement=all") { worker in
            try await scene.waitUntilUp(worker)
            if !scene.plan.isQuick { try await Task.sleep(for: .seconds(3)) }
            var shares: [Double] = []
            var memory: [Double] = []
            let before = statements(in: log)
            let start = ContinuousClock.now
            for _ in 1...scene.plan.runs {
                let started = ContinuousClock.now
                let used = ProcessUsage.exactCPUSeconds(pid: worker.pid)
                try await Task.sleep(for: window)
                guard let used, let now = ProcessUsage.exactCPUSeconds(pid: worker.pid) else {
                    throw BenchError("the worker is gone: its CPU time cannot be read")
                }
                shares.append((now - used) / ((ContinuousClock.now - started) / .seconds(1)) * 100)
                memory.append(Double(ProcessUsage.memory(pid: worker.pid)?.resident ?? 0) / 1e6)
            }
            let minutes = (ContinuousClock.now - start) / .seconds(60)
            scene.findings.tell(Measurement(.idle, "worker's CPU", unit: "% of a core", shares))
            scene.findings.tell(Measurement(.idle, "worker's memory", unit: "MB", memory))
            if let before, let after = statements(in: log) {
                scene.findings.tell(
                    Measurement(.idle, "statements", unit: "a minute", [Double(after - before) / minutes]))
            }
        }
    }

    /// How many statements the server has logged so far.
    private func statements(in log: String?) -> Int? {
        guard let text = log.flatMap({ FileManager.default.contents(atPath: $0) }) else { return nil }
        return text.split(separator: UInt8(ascii: "\n")).count { line in
            let line = String(decoding: line.prefix(200), as: UTF8.self)
            return line.contains("LOG:  execute ") || line.contains("LOG:  statement: ")
        }
    }
}
