import CLibPQ

/// One command on the wire: what is sent, and what the server has answered so far. It does no I/O itself.
struct Exchange {
    /// One message of a pipeline. The server answers each with one result.
    enum Step {
        case query(EncodedStatement)
        case prepare(EncodedStatement, name: String)
        /// - isKnown: whether it was prepared before this command, so that it may be stale.
        case execute(EncodedStatement, name: String, isKnown: Bool)
    }

    /// What an answer leads to.
    enum Progress {
        case more
        case complete
        /// The session cannot go on; `nil`: libpq knows why.
        case broken(String?)
    }

    /// How many prepared statements a session keeps; others run unprepared.
    private static let preparedLimit = 500

    let command: Command
    /// Whether this is the second attempt, after a prepared statement was stale.
    let isRepeated: Bool
    /// Empty for a script, the statements of which are not counted.
    let steps: [Step]
    private(set) var results: [QueryResult] = []
    /// The first error, and how many results came before it. After all of them it is that of the COMMIT at the sync.
    private(set) var failure: (error: ServerError, at: Int)?
    /// How often in a row the wire had nothing more: in a pipeline once after each statement.
    private var endsInARow = 0

    init(_ command: Command, known: [StatementKey: String], isRepeated: Bool, newName: () -> String) {
        self.command = command
        self.isRepeated = isRepeated
        guard case .pipeline(let statements) = command.message else {
            steps = []
            return
        }
        var names = known
        steps = statements.flatMap { statement -> [Step] in
            guard statement.isPrepared else { return [.query(statement)] }
            if let name = names[statement.key] {
                return [.execute(statement, name: name, isKnown: known[statement.key] != nil)]
            }
            guard names.count < Self.preparedLimit else { return [.query(statement)] }
            let name = newName()
            names[statement.key] = name
            return [.prepare(statement, name: name), .execute(statement, name: name, isKnown: false)]
        }
    }

    var isPipeline: Bool {
        if case .pipeline = command.message { true } else { false }
    }

    /// Gives all to libpq; false when the session is broken.
    func send(on wire: Wire) -> Bool {
        switch command.message {
        case .script(let sql):
            return wire.sendScript(sql)
        case .pipeline:
            return wire.enterPipeline()
                && steps.allSatisfy {
                    switch $0 {
                    case .query(let statement): wire.sendQuery(statement)
                    case .prepare(let statement, let name): wire.sendPrepare(statement, name: name)
                    case .execute(let statement, let name, _): wire.sendPrepared(statement, name: name)
                    }
                } && wire.sendSync()
        }
    }

    mutating func take(_ answer: Wire.Answer) -> Progress {
        switch answer {
        case .result(let result):
            endsInARow = 0
            return keep(result)
        case .sync:
            let isWhole = failure != nil || results.count == steps.count
            return isWhole ? .complete : .broken("the server's answer to a pipeline is incomplete")
        case .end where !isPipeline:
            return .complete
        case .end:
            endsInARow += 1
            return endsInARow == 1 ? .more : .broken("the server's answer to a pipeline is incomplete")
        }
    }

    private mutating func keep(_ result: QueryResult) -> Progress {
        switch result.status {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
            results.append(result)
        case PGRES_PIPELINE_ABORTED:
            break  // It was not run: the error before it says why.
        case PGRES_FATAL_ERROR:
            guard let error = ServerError(result.pointer) else { return .broken(nil) }
            if error.endsSession { return .broken(error.message.oneLine) }
            failure = failure ?? (error, results.count)
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
            return .broken("closed here, as COPY is not supported")
        default:
            return .broken("an answer that was not expected: \(String(cString: PQresStatus(result.status)))")
        }
        return .more
    }

    /// The result for the waiter.
    var outcome: Result<[QueryResult], any Error> {
        if let failure { return .failure(failure.error) }
        guard isPipeline else { return .success(results) }
        return .success(
            zip(steps, results).compactMap { step, result in
                if case .prepare = step { nil } else { result }
            })
    }

    /// What is prepared now: a failed transaction does not undo that.
    var newlyPrepared: [(key: StatementKey, name: String)] {
        steps.prefix(results.count).compactMap { step in
            if case .prepare(let statement, let name) = step { (statement.key, name) } else { nil }
        }
    }

    /// Where the error says that a prepared statement is gone (DEALLOCATE, DISCARD) or no longer fits its tables ("cached
    /// plan must not change result type"): all that may have met with the same.
    var stale: [StatementKey] {
        guard let failure, failure.at < steps.count, case .execute(_, _, isKnown: true) = steps[failure.at],
            failure.error.sqlState == "26000" || failure.error.sqlState == "0A000"
        else { return [] }
        return steps.compactMap { step in
            if case .execute(let statement, _, isKnown: true) = step { statement.key } else { nil }
        }
    }
}
