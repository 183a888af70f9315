import Logging

extension Connection {
    /// Maximum wait until the server accepts the request to cancel a command.
    private static let cancelTimeout: Duration = .seconds(5)

    /// Closes the connection at once (`PQfinish`). The command under way and all that wait throw
    /// ``ConnectionError/closed``. Closing again does nothing.
    ///
    /// - Parameter cancelling: whether the server is asked first to stop the command under way (see ``Connection``), and
    ///   waited for. Otherwise the server continues the command until it notices, and may commit it.
    package func close(cancelling: Bool = false) async {
        let command = exchange?.command
        finish(.closed, cancelling: cancelling)
        if cancelling { _ = await command?.wait() }
    }

    /// Takes back a command whose task was cancelled: out of the queue, or, if it is under way, by ending the connection.
    func cancel(_ command: Command) {
        guard let index = commands.firstIndex(where: { $0 === command }) else { return }
        if index == 0 {
            finish(.closed, cancelling: true, telling: CancellationError())
        } else {
            commands.remove(at: index).fail(CancellationError())
        }
    }

    /// Ends the connection and fails all commands with the reason.
    ///
    /// - Parameters:
    ///   - cancelling: whether the server is to stop the command under way first.
    ///   - error: the error for the command under way; `nil`: the reason, as for all others.
    @discardableResult
    func finish(
        _ reason: ConnectionError, cancelling: Bool = false, telling error: (any Error)? = nil
    ) -> ConnectionError {
        if let end { return end }
        end = reason
        if let watch { loop.remove(watch) }
        watch = nil
        let running = exchange?.command
        let waiting = commands.drop { $0 === running }
        exchange = nil
        commands = []
        for command in waiting { command.fail(reason) }
        guard cancelling, let running, cancelAndHangUp(running, error ?? reason) else {
            wire.finish()
            running?.fail(error ?? reason)
            onEnd()
            return reason
        }
        return reason
    }

    /// Asks the server to stop the command, then closes the socket, and only then fails the command, so that no caller repeats
    /// a command before the server was told to stop it.
    ///
    /// `PQcancel` blocks, so it has a thread of its own.
    ///
    /// - Returns: whether that was begun.
    private func cancelAndHangUp(_ command: Command, _ error: any Error) -> Bool {
        guard let request = wire.cancelRequest() else { return false }
        let alarm = loop.schedule(at: .now + Self.cancelTimeout) {
            self.assumeIsolated { $0.hangUp(command, error, "the server did not take the request in time") }
        }
        let isStarted = DetachedThread.start(name: "libpq cancel") {
            let failure = request.send()
            Task {
                self.loop.cancel(alarm)
                await self.hangUp(command, error, failure)
            }
        }
        if !isStarted { loop.cancel(alarm) }
        return isStarted
    }

    private func hangUp(_ command: Command, _ error: any Error, _ failure: String?) {
        guard command.answer == nil else { return }
        if let failure {
            logger.notice("Could not cancel a statement.", metadata: ["reason": .string(failure)])
        }
        wire.finish()
        command.fail(error)
        onEnd()
    }
}
