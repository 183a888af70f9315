import LibPQ
import Logging

/// The connection that LISTENs on `giftbridge_orders`, kept up for as long as the worker runs.
///
/// It has to be one of its own: a busy session is told of nothing until it is idle. A notification is a hint, never data.
/// After every (re)connect it LISTENs first and only then asks the worker to look, or wake-ups would get lost.
struct Listener: Sendable {
    let conninfo: String
    let logger: Logger
    /// How often the session is asked for a sign of life: a half-open socket looks healthy.
    var pingInterval: Duration = .seconds(15)

    /// Listens until the task is cancelled.
    ///
    /// - Parameters:
    ///   - onHint: Something may be due.
    ///   - onChange: Listening (nil) or not, and why.
    func run(onHint: @Sendable () async -> Void, onChange: @Sendable (_ fault: String?) async -> Void) async {
        var reconnect = Reconnect()
        while !Task.isCancelled {
            do {
                let connection = try await Connection.open(conninfo, options: .giftbridge("listen"), logger: logger)
                _ = try await connection.query(SQL.Call.listen)
                reconnect.succeeded()
                await onChange(nil)
                await onHint()
                await listen(on: connection, onHint: onHint)
                await connection.close()
                if Task.isCancelled { return }
                await onChange("the LISTEN connection was lost")
            } catch is CancellationError {
                return
            } catch {
                await onChange("\(error)")
            }
            await reconnect.pause()
        }
    }

    /// Returns when the connection is lost, silent or no longer with a primary.
    private func listen(on connection: Connection, onHint: @Sendable () async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    while true {
                        try await Task.sleep(for: pingInterval)
                        let isReadOnly = try await connection.query(SQL.Call.ping).first?.bool("read_only")
                        if isReadOnly == true { break }
                    }
                } catch {
                    logger.debug("The LISTEN connection gave no sign of life.", metadata: ["error": "\(error)"])
                }
                await connection.close()
            }
            for await _ in connection.notifications { await onHint() }
            group.cancelAll()
        }
    }
}

/// The pauses between attempts to connect: they double from 100 ms to 5 s, with jitter.
struct Reconnect: Sendable {
    private var failures = 0

    mutating func succeeded() { failures = 0 }

    /// The next pause.
    mutating func delay() -> Duration {
        failures += 1
        return RetryPolicy(base: .milliseconds(100), maximum: .seconds(5)).backoff(
            attempts: failures, jitter: .random(in: 0...1))
    }

    /// Waits for the next pause, or until the task is cancelled.
    mutating func pause() async {
        try? await Task.sleep(for: delay())  // Cancelled: the caller looks at its task.
    }
}

extension ConnectionOptions {
    /// Options of one of the worker's connections.
    ///
    /// - Parameter purpose: Shown as `application_name` behind `giftbridge`.
    static func giftbridge(_ purpose: String) -> ConnectionOptions {
        ConnectionOptions(
            connectTimeout: .seconds(10), commandTimeout: .seconds(30), applicationName: "giftbridge \(purpose)",
            requiresPrimary: true)
    }
}
