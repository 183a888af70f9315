extension Connection {
    private static let preparedLimit = 500

    /// Prepares a statement unless it is, and runs it. The turn must be taken.
    func runPrepared(_ statement: EncodedStatement, _ key: StatementKey) async throws -> QueryResult {
        if prepared[key] == nil {
            guard prepared.count < Self.preparedLimit else {
                return try await only(answers { $0.sendQuery(statement) })
            }
            let name = newStatementName()
            _ = try await only(answers { $0.sendPrepare(statement, name: name) })
            prepared[key] = name
        }
        let name = prepared[key] ?? ""
        return try await only(answers { $0.sendPrepared(statement, name: name) })
    }

    func newStatementName() -> String {
        "kept_\(nextID())"
    }

    /// Whether an error says that a prepared statement is gone (someone ran DEALLOCATE or DISCARD) or no longer fits
    /// its tables ("cached plan must not change result type").
    func isStale(_ error: ServerError) -> Bool {
        error.sqlState == "26000" || error.sqlState == "0A000"
    }
}
