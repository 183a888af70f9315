import LibPQ
import Logging

/// The connection that LISTENs on `giftbridge_orders`, reopened whenever it is lost while the worker runs.
///
/// It is a separate connection because a busy session gets no notifications until it is idle. A notification is a hint, never
/// data. After every (re)connect it LISTENs before it asks the worker to look; otherwise notifications could be missed.
struct Listener: Sendable {
    let conninfo: String
    let logger: Logger
    /// How often the session is checked, because a half-open socket looks healthy.
    var pingInterval: Duration = .seconds(15)

    /// Listens until the task is cancelled.
    ///
    /// - Parameters:
    ///   - onHint: Called when something may be due.
    ///   - onChange: Called when it begins to listen (nil), or cannot, with the reason.
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

    /// Returns when the connection is lost, does not respond, or is no longer with a primary.
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
                    logger.debug(
                        "The LISTEN connection does not respond; reconnecting.", metadata: ["error": "\(error)"])
                }
                await connection.close()
            }
            for await _ in hints { await onHint() }
            group.cancelAll()
        }
    }
}
