import CLibPQ

extension ServerError {
    /// The fields of a failed result, or `nil` when the failure is libpq's own (it has no SQLSTATE then).
    init?(_ result: OpaquePointer) {
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
    static func field(_ code: Unicode.Scalar, of result: OpaquePointer?) -> String? {
        guard let text = PQresultErrorField(result, Int32(code.value)) else { return nil }
        return String(cString: text)
    }
}
