import CLibPQ

/// A column by its name (`String`) or by its place, from 0 (`Int`).
public protocol ColumnReference: Sendable {
    /// The column's place in a result, from 0; `nil`: it has no such column. Of several columns with the name the first.
    func position(in result: QueryResult) -> Int?

    /// What to call the column in an error.
    var columnName: String { get }
}

extension String: ColumnReference {
    /// The place of the column with exactly this name. (`PQfnumber` would fold upper case away.)
    public func position(in result: QueryResult) -> Int? {
        withCString { name in
            let column = (0..<PQnfields(result.pointer)).first { strcmp(PQfname(result.pointer, $0), name) == 0 }
            return column.map(Int.init)
        }
    }

    /// The name itself.
    public var columnName: String { self }
}

extension Int: ColumnReference {
    /// The number itself if the result has that many columns.
    public func position(in result: QueryResult) -> Int? {
        (0..<Int(PQnfields(result.pointer))).contains(self) ? self : nil
    }

    /// The number as text.
    public var columnName: String { String(self) }
}

/// A value that is not what the code that reads it takes it for. Names the column, never the value.
public enum ColumnError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The result has no such column.
    case noSuchColumn(String)
    /// The value is NULL, which the reading code does not expect.
    case isNull(column: String, type: String)
    /// The value cannot be read as this type.
    case notReadable(column: String, type: String)

    /// One readable line.
    public var description: String {
        switch self {
        case .noSuchColumn(let column): "the result has no column \(column)"
        case .isNull(let column, let type): "column \(column) is NULL where \(type) is expected"
        case .notReadable(let column, let type): "column \(column) cannot be read as \(type)"
        }
    }
}
