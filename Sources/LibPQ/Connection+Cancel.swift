import Logging

extension Connection {
    /// How long the server may take for a cancel request. After that nobody knows whom the request would hit, so the
    /// connection is closed.
    private static let cancelTimeout: Duration = .seconds(10)

    /// Asks the server to stop a command, unless it is over by now.
    ///
    /// `PQcancel` blocks, so it has a thread of its own. No command starts before it has returned: the server then
    /// has signalled the session's process, which ignores the signal if it is idle.
    func cancel(_ id: UInt64) {
        guard let exchange, exchange.id == id, !exchange.isAnswered, !exchange.wasCancelled else { return }
        guard let request = wire.cancelRequest() else { return }
        self.exchange?.wasCancelled = true
        let isStarted = DetachedThread.start(name: "libpq cancel") {
            let failure = request.send()
            Task { await self.cancelHasEnded(id, failure) }
        }
        guard isStarted else {
            logger.notice("no thread left to cancel a statement")
            return
        }
        let deadline = ContinuousClock.now + Self.cancelTimeout
        self.exchange?.cancelDeadline = deadline
        watch?.deadline = deadline
    }

    private func cancelHasEnded(_ id: UInt64, _ failure: String?) {
        if let failure {
            // The statement goes on; its caller gets its result.
            logger.notice("a statement could not be cancelled", metadata: ["reason": .string(failure)])
        }
        guard exchange?.id == id else { return }
        exchange?.cancelDeadline = nil
        resumeIfComplete()
        flush()
    }
}
