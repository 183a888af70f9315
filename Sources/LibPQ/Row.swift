import CLibPQ

/// One row of a ``QueryResult``. Columns are named by a `String` or counted from 0 by an `Int`.
///
/// Every read throws ``ColumnError`` for a column that the result has not, and for a value that is not of the type.
/// The reads without `optional` in their name throw it for NULL too.
public struct Row: Sendable {
    /// The result that the row is a part of.
    public let result: QueryResult
    let index: Int32

    /// A value of any type in PostgreSQL's text form; `nil` for NULL.
    public func optionalText(_ column: some ColumnReference) throws -> String? {
        try withBytes(column) { $0.map { String(decoding: $0, as: UTF8.self) } }
    }

    /// A value of any type in PostgreSQL's text form.
    public func text(_ column: some ColumnReference) throws -> String {
        try nonNull(optionalText(column), column)
    }

    /// `smallint`, `integer` or `bigint`; `nil` for NULL.
    public func optionalInt(_ column: some ColumnReference) throws -> Int? {
        try parsed(column) { Int($0) }
    }

    /// `smallint`, `integer` or `bigint`.
    public func int(_ column: some ColumnReference) throws -> Int {
        try nonNull(optionalInt(column), column)
    }

    /// `boolean`.
    public func bool(_ column: some ColumnReference) throws -> Bool {
        try nonNull(parsed(column) { $0 == "t" ? true : $0 == "f" ? false : nil }, column)
    }

    /// `real`, `double precision`, or the nearest to a `numeric` or integer; `nil` for NULL.
    public func optionalDouble(_ column: some ColumnReference) throws -> Double? {
        try parsed(column) { Double($0) }
    }

    /// `real`, `double precision`, or the nearest to a `numeric` or integer.
    public func double(_ column: some ColumnReference) throws -> Double {
        try nonNull(optionalDouble(column), column)
    }

    /// A one-dimensional array of any type whose elements are separated by commas; `nil` for NULL.
    public func optionalTextArray(_ column: some ColumnReference) throws -> [String?]? {
        try withBytes(column) { bytes in
            guard let bytes else { return nil }
            guard let elements = ArrayText.elements(bytes) else {
                throw ColumnError.notReadable(column: column.columnName, type: "[String?]")
            }
            return elements
        }
    }

    /// A one-dimensional array of any type whose elements are separated by commas.
    public func textArray(_ column: some ColumnReference) throws -> [String?] {
        try nonNull(optionalTextArray(column), column)
    }

    /// Calls `body` with a value's bytes in PostgreSQL's text form, without a copy; `nil` for NULL.
    private func withBytes<Value>(
        _ column: some ColumnReference,
        _ body: (UnsafeRawBufferPointer?) throws -> Value
    ) throws -> Value {
        guard let position = column.position(in: result) else {
            throw ColumnError.noSuchColumn(column.columnName)
        }
        let field = Int32(position)
        // The bytes belong to the result: it must outlive the call.
        return try withExtendedLifetime(result) {
            if PQgetisnull(result.pointer, index, field) != 0 { return try body(nil) }
            let length = Int(PQgetlength(result.pointer, index, field))
            return try body(UnsafeRawBufferPointer(start: PQgetvalue(result.pointer, index, field), count: length))
        }
    }

    private func parsed<Value>(_ column: some ColumnReference, _ parse: (String) -> Value?) throws -> Value? {
        guard let text = try optionalText(column) else { return nil }
        guard let value = parse(text) else {
            throw ColumnError.notReadable(column: column.columnName, type: "\(Value.self)")
        }
        return value
    }

    private func nonNull<Value>(_ value: Value?, _ column: some ColumnReference) throws -> Value {
        guard let value else {
            throw ColumnError.isNull(column: column.columnName, type: "\(Value.self)")
        }
        return value
    }
}
