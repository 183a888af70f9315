import CLibPQ

extension Connection {
    /// Runs one statement (`PQsendQueryParams`).
    ///
    /// - Parameters:
    ///   - sql: one statement with `$1`, `$2`, … for the parameters.
    ///   - parameters: their values, in order.
    /// - Throws: ``ServerError`` if the server refuses it, ``StatementError`` if this side does, ``ConnectionError``,
    ///   `CancellationError`.
    @discardableResult
    public func query(_ sql: String, _ parameters: [Parameter] = []) async throws -> QueryResult {
        try await query(Statement(sql, parameters), in: nil)
    }

    /// Runs one statement like ``query(_:_:)``, through a prepared one (`PQsendPrepare`, `PQsendQueryPrepared`).
    ///
    /// The statement is prepared at its first use and kept as long as the connection, known by its text and its
    /// parameters' types. For fixed texts: only the first 500 are kept, others run unprepared.
    @discardableResult
    public func prepared(_ sql: String, _ parameters: [Parameter] = []) async throws -> QueryResult {
        try await query(Statement(sql, parameters, prepared: true), in: nil)
    }

    /// Runs any number of statements without parameters, separated by semicolons (`PQsendQuery`). Results are dropped.
    ///
    /// Without a BEGIN among them they are one transaction, in which some statements (VACUUM, CREATE INDEX
    /// CONCURRENTLY) run only alone.
    ///
    /// - Throws: the first error, after which nothing more is run; otherwise as ``query(_:_:)``.
    public func script(_ sql: String) async throws {
        try await script(sql, in: nil)
    }

    func query(_ statement: Statement, in transaction: UInt64?) async throws -> QueryResult {
        let encoded = try EncodedStatement(statement.sql, statement.parameters)
        return try await inTurn(transaction) {
            guard statement.prepared else {
                return try await only(answers { $0.sendQuery(encoded) })
            }
            let key = StatementKey(statement.sql, statement.parameters)
            do {
                return try await runPrepared(encoded, key)
            } catch let error as ServerError where isStale(error) && wire.isOutsideTransaction {
                // The statement did not run, and nothing else is undone by the error: prepare it again.
                prepared[key] = nil
                return try await runPrepared(encoded, key)
            }
        }
    }

    func script(_ sql: String, in transaction: UInt64?) async throws {
        guard !sql.utf8.contains(0) else { throw StatementError.nulInStatement }
        try await inTurn(transaction) {
            for result in try await answers(to: { $0.sendScript(sql) }) {
                try check(result)
            }
        }
    }

    /// Throws the error that a result is.
    func check(_ result: QueryResult) throws {
        switch result.status {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: return
        case PGRES_PIPELINE_ABORTED: throw ServerError.skipped
        default:
            if let error = ServerError(result.pointer) { throw error }
            throw finish(.lost("an answer that was not expected: \(String(cString: PQresStatus(result.status)))"))
        }
    }

    /// The one result of one statement.
    func only(_ results: [QueryResult]) throws -> QueryResult {
        guard let result = results.first, results.count == 1 else {
            throw finish(.lost("\(results.count) answers to one statement"))
        }
        try check(result)
        return result
    }
}
