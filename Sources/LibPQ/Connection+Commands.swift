extension Connection {
    /// Sends statements in one go, as one transaction, and returns at once: work may be done while the server does its
    /// ([pipeline mode](https://www.postgresql.org/docs/15/libpq-pipeline-mode.html) with one sync).
    ///
    /// After an error the server runs none of the statements that follow, and undoes what was done before. Where the error
    /// is that a prepared statement is stale, the whole is sent once more: nothing of it had taken effect.
    ///
    /// - Parameter statements: run in this order. No COPY (it closes the connection), no BEGIN or COMMIT.
    /// - Throws: ``StatementError``, ``ConnectionError`` of a connection that has ended, `CancellationError`: nothing was
    ///   sent.
    package func begin(_ statements: [Statement]) throws -> Reply {
        let command = Command(.pipeline(try statements.map { try EncodedStatement($0) }))
        if statements.isEmpty {
            command.settle(.init(outcome: .success([])))
        } else {
            try submit(command)
        }
        return Reply(connection: self, command: command)
    }

    /// Runs one statement (`PQsendQueryParams`).
    ///
    /// - Parameters:
    ///   - sql: one statement with `$1`, `$2`, … for the parameters.
    ///   - parameters: their values, in order.
    /// - Throws: ``ServerError`` if the server refuses it, ``StatementError`` if this side does, ``ConnectionError``,
    ///   `CancellationError`.
    @discardableResult
    package func query(_ sql: String, _ parameters: [Parameter] = []) async throws -> QueryResult {
        try await only(Statement(sql, parameters))
    }

    /// Runs one statement like ``query(_:_:)``, through a prepared one (`PQsendPrepare`, `PQsendQueryPrepared`).
    ///
    /// The statement is prepared at its first use and kept as long as the connection, known by its text and its
    /// parameters' types. For fixed texts: only the first 500 are kept, others run unprepared.
    @discardableResult
    package func prepared(_ sql: String, _ parameters: [Parameter] = []) async throws -> QueryResult {
        try await only(Statement(sql, parameters, prepared: true))
    }

    /// Runs any number of statements without parameters, separated by semicolons (`PQsendQuery`). Results are dropped.
    ///
    /// Without a BEGIN among them they are one transaction, in which some statements (VACUUM, CREATE INDEX
    /// CONCURRENTLY) run only alone.
    ///
    /// - Throws: the first error, after which nothing more is run; otherwise as ``query(_:_:)``.
    package func script(_ sql: String) async throws {
        guard !sql.utf8.contains(0) else { throw StatementError.nulInStatement }
        let command = Command(.script(sql))
        try submit(command)
        _ = try await Reply(connection: self, command: command).results()
    }

    /// Runs `body` in a transaction: COMMIT when it returns, ROLLBACK when it throws.
    ///
    /// What others do with the connection meanwhile becomes a part of the transaction: it is for the one user of a
    /// connection. Cancelling the task closes the connection, which rolls back; a COMMIT that has begun is not cancelled.
    ///
    /// - Returns: what the body returns.
    /// - Throws: what the body throws, after ROLLBACK; ``ServerError`` when COMMIT is refused and
    ///   ``StatementError/rolledBack`` when the transaction had failed before it: nothing took effect then;
    ///   ``ConnectionError/commitUnknown`` when the connection ended during COMMIT; other ``ConnectionError`` when it
    ///   ended before: nothing took effect.
    @discardableResult
    package func transaction<T: Sendable>(_ body: @Sendable (Connection) async throws -> T) async throws -> T {
        try await script("BEGIN")
        do {
            let value = try await body(self)
            try await commit()
            return value
        } catch {
            await rollBack()
            throw error
        }
    }

    private func commit() async throws {
        let command = Command(.script("COMMIT"))
        try submit(command)
        do {
            let results = try await command.wait().outcome.get()
            if results.first?.commandTag == "ROLLBACK" { throw StatementError.rolledBack }
        } catch is ConnectionError {
            throw ConnectionError.commitUnknown
        }
    }

    /// A COMMIT that failed has rolled back already. What cannot be rolled back ends with the session.
    private func rollBack() async {
        guard end == nil, !wire.isOutsideTransaction || exchange != nil else { return }
        do {
            try await script("ROLLBACK")
        } catch {
            finish(Task.isCancelled ? .closed : .lost("a transaction could not be rolled back"))
        }
    }

    private func only(_ statement: Statement) async throws -> QueryResult {
        guard let result = try await begin([statement]).results().first else {
            throw finish(.lost("no answer to a statement"))
        }
        return result
    }
}
