extension Connection {
    /// Waits for the turn, runs `body`, and passes the turn on.
    ///
    /// - Parameter transaction: the transaction that the body is a part of; `nil`: none.
    func inTurn<Value>(_ transaction: UInt64?, _ body: () async throws -> Value) async throws -> Value {
        try await takeTurn(transaction)
        defer { turns.pass() }
        do {
            return try await body()
        } catch let error as ServerError where error.sqlState == "57014" && Task.isCancelled {
            throw CancellationError()
        }
    }

    /// Like ``inTurn(_:_:)`` for what ends a transaction, whether the task is cancelled or not.
    func inLastTurn(_ transaction: UInt64, _ body: () async throws -> Void) async throws {
        let id = nextID()
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            waitForTurn(id, transaction, continuation)
        }
        defer {
            turns.transaction = nil
            turns.pass()
        }
        try await body()
    }

    private func takeTurn(_ transaction: UInt64?) async throws {
        if end == nil, !Task.isCancelled, turns.take(for: transaction) { return }
        let id = nextID()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                if Task.isCancelled { return continuation.resume(throwing: CancellationError()) }
                waitForTurn(id, transaction, continuation)
            }
        } onCancel: {
            Task { await self.leaveQueue(id) }
        }
    }

    private func waitForTurn(
        _ id: UInt64,
        _ transaction: UInt64?,
        _ continuation: CheckedContinuation<Void, any Error>
    ) {
        if let end {
            continuation.resume(throwing: end)
        } else if let transaction, turns.transaction != transaction {
            continuation.resume(throwing: StatementError.transactionIsOver)
        } else if turns.take(for: transaction) {
            continuation.resume()
        } else {
            turns.join(id, transaction, continuation)
        }
    }

    private func leaveQueue(_ id: UInt64) {
        turns.leave(id)
    }
}
