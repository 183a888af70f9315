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
                let (hints, hint) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
                let connection = try await Connection.open(
                    conninfo, options: .giftbridge("listen"), logger: logger, onNotify: { _ in hint.yield() },
                    onEnd: { hint.finish() })
                _ = try await connection.query(SQL.Worker.listen)
                reconnect.succeeded()
                await onChange(nil)
                await onHint()
                await listen(on: connection, hints, onHint: onHint)
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
    private func listen(
        on connection: Connection, _ hints: AsyncStream<Void>, onHint: @Sendable () async -> Void
    ) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    while true {
                        try await connection.loop.sleep(for: pingInterval)
                        let isReadOnly = try await connection.query(SQL.Worker.ping).first?.bool("read_only")
                        if isReadOnly == true { break }
                    }
                } catch {
                    logger.debug("The LISTEN connection gave no sign of life.", metadata: ["error": "\(error)"])
                }
                await connection.close()
            }
            for await _ in hints { await onHint() }
            group.cancelAll()
        }
    }
}
