import LocalPostgres
import Subprocess
import SystemPackage

/// The HTTP peer in a process of its own.
actor PeerProcess {
    nonisolated let pid: Int32
    /// Base URL.
    nonisolated let url: String
    nonisolated let port: Int
    private let ledgerPath: String
    private let send: @Sendable (String) async throws -> Void
    private var replies: AsyncThrowingStream<String, any Error>.Iterator

    /// Runs a peer while `body` runs.
    ///
    /// - Parameters:
    ///   - plan: Has the program, and what tests want to be wrong with the peer.
    ///   - directory: Where it may write its ledger.
    static func run<Value: Sendable>(
        _ plan: BenchPlan, directory: String,
        _ body: @Sendable @escaping (PeerProcess) async throws -> Value
    ) async throws -> Value {
        let ledgerPath = "\(directory)/ledger"
        var arguments = ["peer", "--ledger", ledgerPath]
        if let fault = plan.ledgerFault { arguments += ["--fault", fault] }
        if plan.peerBurden > .zero { arguments += ["--burden", "\(plan.peerBurden.nanoseconds)"] }
        let outcome = try await Subprocess.run(
            .path(FilePath(plan.program)), arguments: Arguments(arguments),
            input: .inputWriter, output: .sequence,
            error: .fileDescriptor(.standardError, closeAfterSpawningProcess: false)
        ) { execution -> Result<Value, any Error> in
            let writer = execution.standardInputWriter
            let replies = ChildReplies(execution.standardOutput)
            let result = await Result {
                var iterator = replies.lines.makeAsyncIterator()
                guard let line = try await iterator.next(), let port = Int(line.filter(\.isNumber)) else {
                    throw BenchError("the HTTP peer did not start")
                }
                let peer = PeerProcess(
                    pid: execution.processIdentifier.value, port: port, ledgerPath: ledgerPath, replies: iterator
                ) { _ = try await writer.write($0 + "\n") }
                return try await body(peer)
            }
            try? await writer.finish()  // It fails where the child is gone already.
            await replies.ended()
            return result
        }
        return try outcome.takeClosureResult().get()
    }

    private init(
        pid: Int32, port: Int, ledgerPath: String, replies: AsyncThrowingStream<String, any Error>.Iterator,
        send: @escaping @Sendable (String) async throws -> Void
    ) {
        self.pid = pid
        self.port = port
        self.ledgerPath = ledgerPath
        self.replies = replies
        self.send = send
        url = "http://127.0.0.1:\(port)"
    }

    /// Sets how long every answer takes from now on.
    func delay(_ delay: Duration) async throws {
        _ = try await ask("delay \(delay.nanoseconds)")
    }

    /// Has the peer, which ends with this process however that ends, kill a worker then.
    func guardian(of worker: Int32) async throws {
        _ = try await ask("guard \(worker)")
    }

    /// Takes what the peer noted since the last time.
    func ledger() async throws -> Ledger {
        let reply = try await ask("flush")
        return try Ledger(path: ledgerPath, requests: Int(reply.filter(\.isNumber)) ?? 0)
    }

    private func ask(_ command: String) async throws -> String {
        try await send(command)
        var replies = replies
        let reply = try await replies.next(isolation: self)
        self.replies = replies
        guard let reply, reply.hasPrefix("ok") else { throw BenchError("the HTTP peer did not obey: \(command)") }
        return reply
    }
}
