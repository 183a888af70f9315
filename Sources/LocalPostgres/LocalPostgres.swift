import Subprocess
import Synchronization
import SystemPackage

/// A temporary PostgreSQL server: created, started, and removed completely when it is no longer needed.
///
/// It listens on a Unix socket only, in a folder that no other user may enter, and trusts all connections. Run by root it runs as
/// user `postgres`. A shell process holds it and cleans up at the end of its input, so even `kill -9` of this process leaves
/// nothing behind.
package actor LocalPostgres {
    /// The folder of the data, the log and the socket.
    package nonisolated let directory: String
    private let send: @Sendable (String) async throws -> Void
    private var replies: AsyncThrowingStream<String, any Error>.Iterator

    /// Why the server could not be made, started or stopped.
    package struct Failure: Error, CustomStringConvertible {
        /// What could not be done, and the server's last message.
        package let description: String
    }

    /// libpq's connection string for a database of this server.
    ///
    /// - Parameter database: The database's name, `postgres` by default.
    package nonisolated func conninfo(database: String = "postgres") -> String {
        "host=\(directory) user=postgres dbname=\(database)"
    }

    /// Runs a server for as long as `body` runs.
    ///
    /// - Parameters:
    ///   - parent: The folder in which to make the server's.
    ///   - settings: Server settings, `name=value`.
    ///   - primary: A running server whose hot standby this one is to be; nil: one of its own.
    ///   - body: Gets the running server.
    /// - Throws: ``Failure``, or what `body` throws.
    package static func run<Value: Sendable>(
        in parent: String = "/tmp", settings: [String] = [], standbyOf primary: LocalPostgres? = nil,
        _ body: @Sendable @escaping (LocalPostgres) async throws -> Value
    ) async throws -> Value {
        let directory = "\(parent)/giftbridge-\(String(UInt32.random(in: 0...UInt32.max), radix: 36))"
        // A cancellation is for the body alone: the shell has to live on until it has cleaned up.
        let cancellation = Cancellation()
        let supervision = Task {
            try await supervise(directory: directory, primary: primary, settings: settings) { server in
                try await cancellation.run { try await body(server) }
            }
        }
        return try await withTaskCancellationHandler {
            try await supervision.value
        } onCancel: {
            cancellation.cancel()
        }
    }

    private static func supervise<Value: Sendable>(
        directory: String, primary: LocalPostgres?, settings: [String],
        _ body: @Sendable @escaping (LocalPostgres) async throws -> Value
    ) async throws -> Value {
        let script = String(decoding: PackageResources.supervise_sh, as: UTF8.self)
        var options = PlatformOptions()
        options.createSession = true
        let arguments =
            ["-c", script, "giftbridge-postgres", directory, primary?.directory ?? "", "listen_addresses="] + settings
        let outcome = try await Subprocess.run(
            .path("/bin/sh"), arguments: Arguments(arguments), platformOptions: options,
            input: .inputWriter, output: .sequence, error: .discarded
        ) { execution in
            let writer = execution.standardInputWriter
            let replies = ChildReplies(execution.standardOutput)
            let server = LocalPostgres(directory: directory, replies: replies.lines) { command in
                _ = try await writer.write(command + "\n")
            }
            let result: Result<Value, any Error>
            do {
                try await server.start()
                result = .success(try await body(server))
            } catch {
                result = .failure(error)
            }
            try? await writer.finish()  // It fails where the child is gone already.
            await replies.ended()
            return result
        }
        return try outcome.takeClosureResult().get()
    }

    private init(
        directory: String, replies: AsyncThrowingStream<String, any Error>,
        send: @escaping @Sendable (String) async throws -> Void
    ) {
        self.directory = directory
        self.replies = replies.makeAsyncIterator()
        self.send = send
    }

    /// Starts the server after ``stop()`` or ``kill()``, and waits until it takes connections.
    package func start() async throws { try await command("start") }

    /// Stops the server as an administrator would (`fast`).
    package func stop() async throws { try await command("stop") }

    /// Stops the server as a crash would (`immediate`): it recovers at its next start.
    package func kill() async throws { try await command("kill") }

    private func command(_ command: String) async throws {
        try? await send(command)  // It fails where the shell is gone, which has said why.
        var replies = replies
        let reply = try await replies.next(isolation: self)
        self.replies = replies
        guard reply?.prefix(while: { !$0.isNewline }) == "ok" else {
            throw Failure(
                description: "the throwaway PostgreSQL could not \(command): \(reply ?? "its supervisor ended")")
        }
    }
}

/// Passes a cancellation on to work that runs in a task of its own.
private final class Cancellation: Sendable {
    private let state = Mutex((cancel: (@Sendable () -> Void)?.none, isCancelled: false))

    func cancel() {
        state.withLock {
            $0.isCancelled = true
            $0.cancel?()
        }
    }

    func run<Value: Sendable>(_ body: @Sendable @escaping () async throws -> Value) async throws -> Value {
        let work = Task { try await body() }
        state.withLock {
            $0.cancel = { work.cancel() }
            if $0.isCancelled { work.cancel() }
        }
        return try await work.value
    }
}
