import CLibPQ

extension Connection {
    /// Sends many statements at once and then takes their results: one round trip instead of one each
    /// ([pipeline mode](https://www.postgresql.org/docs/15/libpq-pipeline-mode.html)).
    ///
    /// - Parameters:
    ///   - statements: run in this order. No COPY (it closes the connection), no BEGIN or COMMIT.
    ///   - sync: whether each has its own transaction (default) or all share one.
    ///   - meanwhile: called once, on the loop's thread, when the statements have been handed to the socket: work to do
    ///     while the server does its. Not called where nothing could be sent.
    /// - Returns: a result or error for each, in order; ``ServerError/skipped`` for those that were not run because
    ///   an earlier one had failed. With ``PipelineSync/once`` one failure means that nothing took effect, not even
    ///   what has a result.
    /// - Throws: ``StatementError`` (nothing was sent), ``ConnectionError`` (what took effect is unknown),
    ///   `CancellationError` if nothing was sent, or with ``PipelineSync/once`` if the server stopped it. With
    ///   ``PipelineSync/each`` a cancellation stops the statement under way, which has error 57014 then; the rest runs.
    public func pipeline(
        _ statements: [Statement],
        sync: PipelineSync = .each,
        meanwhile: (@Sendable () -> Void)? = nil
    ) async throws -> [Result<QueryResult, ServerError>] {
        if statements.isEmpty { return [] }
        let encoded = try statements.map { try EncodedStatement($0.sql, $0.parameters) }
        return try await inTurn(nil) {
            let plan = PipelinePlan(statements, known: prepared, sync: sync, name: newStatementName)
            let results = try await answers(syncs: plan.syncs, meanwhile: meanwhile) { wire in
                wire.enterPipeline() && plan.steps.allSatisfy { $0.send(encoded, on: wire) }
            }
            guard wire.exitPipeline(), results.count == plan.resultCount else {
                throw finish(.lost("the server's answer to a pipeline does not fit it: \(wire.reason)"))
            }
            let outcomes = try outcomes(of: plan, results)
            let wasStopped = outcomes.contains { $0.failure?.sqlState == "57014" }
            if sync == .once, wasStopped, Task.isCancelled { throw CancellationError() }
            return outcomes
        }
    }

    /// Sorts the results to their statements, and keeps what was prepared.
    private func outcomes(
        of plan: PipelinePlan,
        _ results: [QueryResult]
    ) throws -> [Result<QueryResult, ServerError>] {
        var outcomes: [Result<QueryResult, ServerError>] = []
        var refused: [StatementKey: ServerError] = [:]
        var remaining = results[...]
        for step in plan.steps {
            guard step.hasResult, let result = remaining.popFirst() else { continue }
            let outcome = try outcome(of: result)
            switch step {
            case .prepare(_, let key, let name):
                if let error = outcome.failure { refused[key] = error } else { prepared[key] = name }
            case .execute(_, let key, _):
                // Where preparing failed before an earlier sync, the reason says more than "does not exist".
                let isMissing = outcome.failure.map(isStale) ?? false
                if isMissing, prepared[key] != nil { prepared[key] = nil }
                let isUnprepared = outcome.failure == .skipped || isMissing
                if isUnprepared, let error = refused[key] {
                    outcomes.append(.failure(error))
                } else {
                    outcomes.append(outcome)
                }
            case .query, .sync:
                outcomes.append(outcome)
            }
        }
        return outcomes
    }

    private func outcome(of result: QueryResult) throws -> Result<QueryResult, ServerError> {
        do {
            try check(result)
            return .success(result)
        } catch let error as ServerError {
            return .failure(error)
        }
    }
}

extension Result {
    fileprivate var failure: Failure? {
        if case .failure(let error) = self { error } else { nil }
    }
}
