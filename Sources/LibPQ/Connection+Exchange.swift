import CLibPQ

extension Connection {
    /// Sends what `send` gives to libpq and waits for all that the server answers to it. The turn must be taken.
    ///
    /// - Parameters:
    ///   - syncs: how many marks of a pipeline the answer has; 0: it is no pipeline.
    ///   - isCancellable: false for what has to be done for a cancelled task too, like ROLLBACK.
    ///   - meanwhile: called when it is sent.
    ///   - send: false when the wire is broken.
    /// - Returns: a result for every statement, be it an error.
    /// - Throws: ``ConnectionError``; ``StatementError/copyNotSupported``; `CancellationError` if nothing was sent.
    func answers(
        syncs: Int = 0,
        isCancellable: Bool = true,
        meanwhile: (() -> Void)? = nil,
        to send: (Wire) -> Bool
    ) async throws -> [QueryResult] {
        let id = nextID()
        // A continuation is resumed on the executor that its task prefers, or else on the global one, from where it
        // would have to come back: the preference saves two changes of threads for each command.
        return try await withTaskExecutorPreference(loop) {
            try await withTaskCancellationHandler {
                try await withCheckedThrowingContinuation { continuation in
                    let isSent = begin(id, syncs, isCancellable, send, continuation)
                    if isSent { meanwhile?() }
                }
            } onCancel: {
                if isCancellable {
                    Task { await self.cancel(id) }
                }
            }
        }
    }

    /// All in one go, so that an answer or a cancellation finds either nothing or the whole exchange.
    ///
    /// - Returns: whether it was sent.
    private func begin(
        _ id: UInt64,
        _ syncs: Int,
        _ isCancellable: Bool,
        _ send: (Wire) -> Bool,
        _ continuation: CheckedContinuation<[QueryResult], any Error>
    ) -> Bool {
        if let end {
            continuation.resume(throwing: end)
        } else if isCancellable, Task.isCancelled {
            continuation.resume(throwing: CancellationError())
        } else {
            exchange = Exchange(id: id, syncs: syncs, continuation: continuation)
            if send(wire) { flush() } else { finish(.lost(wire.reason)) }
        }
        return exchange?.id == id
    }

    /// Has the loop report the socket. From now on a lost connection is noticed while idle too.
    func startWatching() {
        let watch = SocketWatch(descriptor: wire.descriptor) { [weak self] event in
            self?.assumeIsolated { $0.socketHas(event) }
        }
        self.watch = watch
        loop.add(watch)
        // What came with the last bytes of the opening is in libpq's buffer, where the loop cannot see it.
        socketHas(.readable)
    }

    private func socketHas(_ event: SocketWatch.Event) {
        guard end == nil else { return }
        if event == .deadlinePassed {
            let isCancelStuck = exchange?.cancelDeadline != nil
            finish(isCancelStuck ? .lost("the server did not take a cancel request") : .timedOut)
            return
        }
        // Before a failure is acted upon: the server's last words, and notifications, may be in the buffer.
        let isAlive = wire.consume()
        receive()
        guard end == nil else { return }
        wire.takeNotifications(notifications.buffer.append)
        guard isAlive else {
            finish(.lost(wire.reason))
            return
        }
        flush()
    }

    /// Gives the socket as much as it takes, and has the loop tell when it takes more.
    func flush() {
        guard let isMoreLeft = wire.flush() else {
            finish(.lost(wire.reason))
            return
        }
        // The server may be waiting for us to read before it reads on: reading is always of interest.
        watch?.wantsWrite = isMoreLeft
        watch?.descriptor = wire.descriptor
        watch?.deadline = deadline
    }

    private var deadline: ContinuousClock.Instant? {
        guard let exchange else { return nil }
        return exchange.cancelDeadline ?? options.commandTimeout.map { .now + $0 }
    }

    /// Takes the answers that have come as a whole. Bounded: every round takes something that was read, and an end
    /// though more is due is an error, not another round.
    private func receive() {
        while let exchange, !exchange.isAnswered {
            if exchange.isDiscarding {
                guard wire.discardCopyOut() else { return }
                self.exchange?.isDiscarding = false
            }
            guard let answer = wire.nextAnswer() else { return }
            self.exchange?.endsInARow = 0
            switch answer {
            case .result(let result):
                take(result)
            case .sync:
                self.exchange?.syncsLeft -= 1
                if exchange.syncsLeft == 1 { completeAnswer() }
            case .end where exchange.syncsLeft == 0:
                completeAnswer()
            case .end where exchange.endsInARow > 0:
                finish(.lost("the server's answer to a pipeline is incomplete"))
            case .end:
                self.exchange?.endsInARow = 1
            }
        }
    }

    /// Keeps a result, or ends the connection if it can only end.
    private func take(_ result: QueryResult) {
        let isPipeline = exchange?.syncsLeft != 0
        switch result.status {
        case PGRES_COPY_IN where !isPipeline:
            exchange?.wasCopy = true
            if !wire.refuseCopyIn() { finish(.lost(wire.reason)) }
        case PGRES_COPY_OUT where !isPipeline:
            exchange?.wasCopy = true
            exchange?.isDiscarding = true
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
            finish(.lost("closed here, as a COPY in a pipeline cannot be refused"))
        case PGRES_FATAL_ERROR:
            let error = ServerError(result.pointer)
            if error?.endsSession ?? true {
                finish(.lost(error?.message.oneLine ?? wire.reason))
            } else {
                exchange?.results.append(result)
            }
        default:
            exchange?.results.append(result)
        }
    }

    private func completeAnswer() {
        exchange?.isAnswered = true
        resumeIfComplete()
    }

    /// Frees whoever waits, once the server has answered and no cancel request is under way that could hit the next
    /// command.
    func resumeIfComplete() {
        guard let exchange, exchange.isAnswered, exchange.cancelDeadline == nil else { return }
        self.exchange = nil
        watch?.deadline = nil
        if exchange.wasCopy {
            exchange.continuation.resume(throwing: StatementError.copyNotSupported)
        } else {
            exchange.continuation.resume(returning: exchange.results)
        }
    }

    /// Ends the connection for good and tells everybody why.
    @discardableResult
    func finish(_ reason: ConnectionError) -> ConnectionError {
        if let end { return end }
        end = reason
        if let watch { loop.remove(watch) }
        watch = nil
        wire.finish()
        notifications.buffer.finish()
        exchange?.continuation.resume(throwing: reason)
        exchange = nil
        turns.dissolve(reason)
        return reason
    }
}
