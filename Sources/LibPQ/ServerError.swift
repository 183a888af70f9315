import CLibPQ

/// A statement that the server refused, or what it warned of, with the fields of its ErrorResponse or NoticeResponse.
///
/// Printing one says little on purpose: severity, SQLSTATE and primary message. ``detail``, ``context`` and the rest
/// may carry a row's data and must be read explicitly.
///
/// Follows [`PQresultErrorField`](https://www.postgresql.org/docs/15/libpq-exec.html#LIBPQ-PQRESULTERRORFIELD).
package struct ServerError: Error, Sendable, Hashable {
    /// ERROR, FATAL, PANIC or WARNING, never translated.
    package var severity: String
    /// Five characters that say what happened, for instance "23505", a unique violation.
    package var sqlState: String
    /// The primary message, usually one line; in the language of the server's `lc_messages`.
    package var message: String
    /// More about it; may carry data.
    package var detail: String?
    /// What to do about it.
    package var hint: String?
    /// The schema of the object that the error is about.
    package var schema: String?
    /// The table that the error is about.
    package var table: String?
    /// The column that the error is about.
    package var column: String?
    /// The constraint that was violated.
    package var constraint: String?
    /// Where it happened inside functions, innermost first; may carry data.
    package var context: String?
    /// Where in the SQL text, in characters from 1.
    package var position: Int?

    /// Makes an error as if the server had sent it, for instance to test what is made of one.
    package init(
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
    package var sqlStateClass: String {
        String(sqlState.prefix(2))
    }

    /// Whether this is the warning that a COMMIT did not wait to the end for its synchronous standby: it has taken effect on
    /// the server, but a failover may lose it.
    ///
    /// PostgreSQL translates the text and gives it no specific SQLSTATE. It differs from a function's RAISE WARNING, which
    /// has a ``context``.
    package var leavesCommitUnconfirmed: Bool {
        severity == "WARNING" && (sqlState == "01000" || sqlState == "57P01") && context == nil
    }
}

extension ServerError: CustomStringConvertible {
    /// Severity, SQLSTATE and primary message, for instance `ERROR 23505: duplicate key value violates …`.
    package var description: String {
        "\(severity) \(sqlState): \(message)"
    }
}

extension ServerError {
    /// The fields of an error or a notice, or `nil` when a failure is libpq's own (it has no SQLSTATE then).
    init?(_ result: OpaquePointer?) {
        guard let sqlState = Self.field("C", of: result) else { return nil }
        self.init(
            severity: Self.field("V", of: result) ?? Self.field("S", of: result) ?? "ERROR",
            sqlState: sqlState,
            message: Self.field("M", of: result) ?? "",
            detail: Self.field("D", of: result),
            hint: Self.field("H", of: result),
            schema: Self.field("s", of: result),
            table: Self.field("t", of: result),
            column: Self.field("c", of: result),
            constraint: Self.field("n", of: result),
            context: Self.field("W", of: result),
            position: Self.field("P", of: result).flatMap(Int.init)
        )
    }

    /// Whether the server ends the session after this error.
    var endsSession: Bool {
        severity == "FATAL" || severity == "PANIC"
    }

    /// One field by its letter in the protocol: the values of the `PG_DIAG_…` macros, which Swift does not import.
    private static func field(_ code: Unicode.Scalar, of result: OpaquePointer?) -> String? {
        guard let text = PQresultErrorField(result, Int32(code.value)) else { return nil }
        return String(cString: text)
    }
}
