/// What is sent for a pipeline, step by step.
struct PipelinePlan {
    /// One message to the server. `index` is the statement's.
    enum Step {
        case query(index: Int)
        case prepare(index: Int, StatementKey, name: String)
        case execute(index: Int, StatementKey, name: String)
        case sync

        /// Whether the server answers with a result. (To a sync it answers with a mark.)
        var hasResult: Bool {
            if case .sync = self { false } else { true }
        }

        func send(_ statements: [EncodedStatement], on wire: Wire) -> Bool {
            switch self {
            case .query(let index): wire.sendQuery(statements[index])
            case .prepare(let index, _, let name): wire.sendPrepare(statements[index], name: name)
            case .execute(let index, _, let name): wire.sendPrepared(statements[index], name: name)
            case .sync: wire.sendSync()
            }
        }
    }

    private(set) var steps: [Step] = []
    private(set) var syncs = 0

    var resultCount: Int {
        steps.count - syncs
    }

    /// - Parameters:
    ///   - known: the statements that are prepared already.
    ///   - name: a new name for one that is not.
    init(_ statements: [Statement], known: [StatementKey: String], sync: PipelineSync, name: () -> String) {
        var names = known
        for (index, statement) in statements.enumerated() {
            if statement.prepared {
                let key = StatementKey(statement.sql, statement.parameters)
                let name = names[key] ?? name()
                if names[key] == nil {
                    steps.append(.prepare(index: index, key, name: name))
                    names[key] = name
                }
                steps.append(.execute(index: index, key, name: name))
            } else {
                steps.append(.query(index: index))
            }
            if sync == .each { appendSync() }
        }
        if sync == .once { appendSync() }
    }

    private mutating func appendSync() {
        steps.append(.sync)
        syncs += 1
    }
}
