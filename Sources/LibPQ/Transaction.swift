/// An open transaction, valid during the body of ``Connection/transaction(_:)``; later its calls throw
/// ``StatementError/transactionIsOver``.
public struct Transaction: Sendable {
    let connection: Connection
    let id: UInt64

    /// ``Connection/query(_:_:)`` inside of the transaction.
    @discardableResult
    public func query(_ sql: String, _ parameters: [Parameter] = []) async throws -> QueryResult {
        try await connection.query(Statement(sql, parameters), in: id)
    }

    /// ``Connection/prepared(_:_:)`` inside of the transaction.
    @discardableResult
    public func prepared(_ sql: String, _ parameters: [Parameter] = []) async throws -> QueryResult {
        try await connection.query(Statement(sql, parameters, prepared: true), in: id)
    }

    /// ``Connection/script(_:)`` inside of the transaction. No BEGIN, COMMIT or ROLLBACK: those are the connection's.
    public func script(_ sql: String) async throws {
        try await connection.script(sql, in: id)
    }
}

extension Connection {
    /// Runs `body` in a transaction: COMMIT when it returns, ROLLBACK when it throws. Other callers wait meanwhile.
    ///
    /// Inside of the body use only the ``Transaction``: a call to the connection itself would wait for the
    /// transaction's end, and so for ever. Cancelling the task cancels the statement under way as usual; COMMIT and
    /// ROLLBACK are not cancelled.
    ///
    /// - Returns: what the body returns.
    /// - Throws: what the body throws, after ROLLBACK; ``ServerError`` when COMMIT is refused and
    ///   ``StatementError/rolledBack`` when the transaction had failed before it: nothing took effect then;
    ///   ``ConnectionError/commitUnknown`` when the connection ended during COMMIT; other ``ConnectionError`` when it
    ///   ended before: nothing took effect.
    @discardableResult
    public func transaction<T: Sendable>(_ body: @Sendable (Transaction) async throws -> T) async throws -> T {
        let id = nextID()
        try await inTurn(nil) {
            _ = try await only(answers(isCancellable: false) { $0.sendScript("BEGIN") })
            turns.transaction = id
        }
        let value: T
        do {
            value = try await body(Transaction(connection: self, id: id))
        } catch {
            await rollBack(id)
            throw error
        }
        try await commit(id)
        return value
    }

    private func commit(_ id: UInt64) async throws {
        try await inLastTurn(id) {
            if let end { throw end }
            do {
                let result = try await only(answers(isCancellable: false) { $0.sendScript("COMMIT") })
                if result.commandTag == "ROLLBACK" { throw StatementError.rolledBack }
            } catch is ConnectionError {
                throw ConnectionError.commitUnknown
            }
        }
    }

    private func rollBack(_ id: UInt64) async {
        do {
            try await inLastTurn(id) {
                _ = try await only(answers(isCancellable: false) { $0.sendScript("ROLLBACK") })
            }
        } catch {
            // Already lost, most likely. If not: without ROLLBACK the session cannot be used again.
            finish(.lost("a transaction could not be rolled back"))
        }
    }
}
