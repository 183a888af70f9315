import CLibPQ

/// The rows that a statement answered with.
///
/// A collection of ``Row``. It owns libpq's memory and frees it (`PQclear`) with the last reference; a row keeps it.
/// All values came in PostgreSQL's text form.
///
/// Follows [`PGresult`](https://www.postgresql.org/docs/15/libpq-exec.html).
package final class QueryResult: @unchecked Sendable {  // A PGresult never changes once libpq has handed it out.
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        PQclear(pointer)
    }

    /// The names of the columns, in order.
    package var columns: [String] {
        (0..<PQnfields(pointer)).map { String(cString: PQfname(pointer, $0)) }
    }

    /// The command's tag, for instance "SELECT 3" (`PQcmdStatus`).
    var commandTag: String {
        String(cString: PQcmdStatus(pointer))
    }

    var status: ExecStatusType {
        PQresultStatus(pointer)
    }
}

extension QueryResult: RandomAccessCollection {
    /// 0.
    package var startIndex: Int { 0 }

    /// The number of rows.
    package var endIndex: Int { Int(PQntuples(pointer)) }

    /// The row at an index from 0 to below `count`; outside of it the process stops, as with an array.
    package subscript(position: Int) -> Row {
        precondition(indices.contains(position), "row \(position) of \(count)")
        return Row(result: self, index: Int32(position))
    }
}

/// One row of a ``QueryResult``. Columns are named by a `String` or counted from 0 by an `Int`.
///
/// Every read throws ``ColumnError`` for a column that the result has not, and for a value that is not of the type.
/// The reads without `optional` in their name throw it for NULL too.
package struct Row: Sendable {
    /// The result that the row is a part of.
    package let result: QueryResult
    let index: Int32

    /// A value of any type in PostgreSQL's text form; `nil` for NULL.
    package func optionalText(_ column: some ColumnReference) throws -> String? {
        try withBytes(column) { $0.map { String(decoding: $0, as: UTF8.self) } }
    }

    /// A value of any type in PostgreSQL's text form.
    package func text(_ column: some ColumnReference) throws -> String {
        try nonNull(optionalText(column), column)
    }

    /// `smallint`, `integer` or `bigint`; `nil` for NULL.
    package func optionalInt(_ column: some ColumnReference) throws -> Int? {
        try parsed(column) { Int($0) }
    }

    /// `smallint`, `integer` or `bigint`.
    package func int(_ column: some ColumnReference) throws -> Int {
        try nonNull(optionalInt(column), column)
    }

    /// `boolean`.
    package func bool(_ column: some ColumnReference) throws -> Bool {
        try nonNull(parsed(column) { $0 == "t" ? true : $0 == "f" ? false : nil }, column)
    }

    /// `real`, `double precision`, or the nearest to a `numeric` or integer; `nil` for NULL.
    package func optionalDouble(_ column: some ColumnReference) throws -> Double? {
        try parsed(column) { Double($0) }
    }

    /// `real`, `double precision`, or the nearest to a `numeric` or integer.
    package func double(_ column: some ColumnReference) throws -> Double {
        try nonNull(optionalDouble(column), column)
    }

    /// A one-dimensional array of any type whose elements are separated by commas; `nil` for NULL.
    package func optionalTextArray(_ column: some ColumnReference) throws -> [String?]? {
        try withBytes(column) { bytes in
            guard let bytes else { return nil }
            guard let elements = ArrayText.elements(bytes) else {
                throw ColumnError.notReadable(column: column.columnName, type: "[String?]")
            }
            return elements
        }
    }

    /// A one-dimensional array of any type whose elements are separated by commas.
    package func textArray(_ column: some ColumnReference) throws -> [String?] {
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

/// A column by its name (`String`) or by its place, from 0 (`Int`).
package protocol ColumnReference: Sendable {
    /// The column's place in a result, from 0; `nil`: it has no such column. Of several columns with the name the first.
    func position(in result: QueryResult) -> Int?

    /// What to call the column in an error.
    var columnName: String { get }
}

extension String: ColumnReference {
    /// The place of the column with exactly this name. (`PQfnumber` would fold upper case away.)
    package func position(in result: QueryResult) -> Int? {
        withCString { name in
            let column = (0..<PQnfields(result.pointer)).first { strcmp(PQfname(result.pointer, $0), name) == 0 }
            return column.map(Int.init)
        }
    }

    /// The name itself.
    package var columnName: String { self }
}

extension Int: ColumnReference {
    /// The number itself if the result has that many columns.
    package func position(in result: QueryResult) -> Int? {
        (0..<Int(PQnfields(result.pointer))).contains(self) ? self : nil
    }

    /// The number as text.
    package var columnName: String { String(self) }
}

/// A value that is not what the code that reads it takes it for. Names the column, never the value.
package enum ColumnError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The result has no such column.
    case noSuchColumn(String)
    /// The value is NULL, which the reading code does not expect.
    case isNull(column: String, type: String)
    /// The value cannot be read as this type.
    case notReadable(column: String, type: String)

    /// One readable line.
    package var description: String {
        switch self {
        case .noSuchColumn(let column): "the result has no column \(column)"
        case .isNull(let column, let type): "column \(column) is NULL where \(type) is expected"
        case .notReadable(let column, let type): "column \(column) cannot be read as \(type)"
        }
    }
}
