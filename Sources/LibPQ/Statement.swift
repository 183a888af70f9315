/// A statement with its parameters, for ``Connection/pipeline(_:sync:)``.
public struct Statement: Sendable, Hashable {
    /// The SQL text, one statement, with `$1`, `$2`, … for the parameters.
    public var sql: String
    /// The parameters' values, in order. At most 65535.
    public var parameters: [Parameter]
    /// Whether it goes through a statement prepared once per connection, as with ``Connection/prepared(_:_:)``.
    public var prepared: Bool

    /// Makes a statement.
    public init(_ sql: String, _ parameters: [Parameter] = [], prepared: Bool = false) {
        self.sql = sql
        self.parameters = parameters
        self.prepared = prepared
    }
}

/// How many of a pipeline's statements share a transaction.
public enum PipelineSync: Sendable, Hashable {
    /// Each has its own: what one does is kept whatever happens to the others.
    case each
    /// All share one: after an error the rest is not run, and what was done before it is undone.
    case once
}

/// What identifies a prepared statement: the same text with other parameter types is another one.
struct StatementKey: Hashable {
    let sql: String
    let types: [UInt32]

    init(_ sql: String, _ parameters: [Parameter]) {
        self.sql = sql
        types = parameters.map(\.type)
    }
}
