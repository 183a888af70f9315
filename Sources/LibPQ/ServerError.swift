/// A statement that the server refused, with the fields of its ErrorResponse.
///
/// Printing one says little on purpose: severity, SQLSTATE and primary message. ``detail``, ``context`` and the rest
/// may carry a row's data and are read only by whoever means to.
///
/// Follows [`PQresultErrorField`](https://www.postgresql.org/docs/15/libpq-exec.html#LIBPQ-PQRESULTERRORFIELD).
public struct ServerError: Error, Sendable, Hashable {
    /// ERROR, FATAL or PANIC, never translated.
    public var severity: String
    /// Five characters that say what happened, for instance "23505", a unique violation.
    public var sqlState: String
    /// The primary message, usually one line; in the language of the server's `lc_messages`.
    public var message: String
    /// More about it; may carry data.
    public var detail: String?
    /// What to do about it.
    public var hint: String?
    /// The schema of the object that the error is about.
    public var schema: String?
    /// The table that the error is about.
    public var table: String?
    /// The column that the error is about.
    public var column: String?
    /// The constraint that was violated.
    public var constraint: String?
    /// Where it happened inside functions, innermost first; may carry data.
    public var context: String?
    /// Where in the SQL text, in characters from 1.
    public var position: Int?

    /// Makes an error as if the server had sent it, for instance to test what is made of one.
    public init(
        severity: String = "ERROR",
        sqlState: String,
        message: String,
        detail: String? = nil,
        hint: String? = nil,
        schema: String? = nil,
        table: String? = nil,
        column: String? = nil,
        constraint: String? = nil,
        context: String? = nil,
        position: Int? = nil
    ) {
        self.severity = severity
        self.sqlState = sqlState
        self.message = message
        self.detail = detail
        self.hint = hint
        self.schema = schema
        self.table = table
        self.column = column
        self.constraint = constraint
        self.context = context
        self.position = position
    }

    /// The first two characters of ``sqlState``: the class, for instance "23", integrity constraint violations.
    public var sqlStateClass: String {
        String(sqlState.prefix(2))
    }

    /// What a statement of a pipeline gets that was not run because an earlier one before the same sync had failed.
    ///
    /// The server sends nothing for these; this is 25P02, what it says in a transaction that has failed.
    public static let skipped = ServerError(
        sqlState: "25P02",
        message: "not run: an earlier statement of the pipeline failed"
    )
}

extension ServerError: CustomStringConvertible {
    /// Severity, SQLSTATE and primary message, for instance `ERROR 23505: duplicate key value violates …`.
    public var description: String {
        "\(severity) \(sqlState): \(message)"
    }
}
