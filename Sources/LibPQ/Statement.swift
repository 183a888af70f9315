import CLibPQ

/// A statement with its parameters, for ``Connection/begin(_:)``.
package struct Statement: Sendable, Hashable {
    /// The SQL text, one statement, with `$1`, `$2`, … for the parameters.
    package var sql: String
    /// The parameters' values, in order. At most 65535.
    package var parameters: [Parameter]
    /// Whether it goes through a statement prepared once per connection, as with ``Connection/prepared(_:_:)``.
    package var prepared: Bool

    /// Makes a statement.
    package init(_ sql: String, _ parameters: [Parameter] = [], prepared: Bool = false) {
        self.sql = sql
        self.parameters = parameters
        self.prepared = prepared
    }
}

/// What identifies a prepared statement: the same text with other parameter types is another one.
struct StatementKey: Hashable {
    let sql: String
    let types: [UInt32]
}

/// A statement that has been checked and laid out for libpq: nothing about it can be refused any more on this side.
struct EncodedStatement {
    /// The protocol counts parameters in 16 bits.
    private static let parameterLimit = 65_535

    let sql: String
    let isPrepared: Bool
    let types: [UInt32]
    private let formats: [Int32]
    private let lengths: [Int32]
    /// Where in `bytes` each value starts; -1: NULL.
    private let offsets: [Int]
    /// All values one after the other, each with a NUL behind it, which libpq needs after a text.
    private let bytes: [UInt8]

    init(_ statement: Statement) throws(StatementError) {
        let parameters = statement.parameters
        guard !statement.sql.utf8.contains(0) else { throw .nulInStatement }
        guard parameters.count <= Self.parameterLimit else { throw .tooManyParameters(parameters.count) }
        var formats: [Int32] = []
        var lengths: [Int32] = []
        var offsets: [Int] = []
        var bytes: [UInt8] = []
        for (index, parameter) in parameters.enumerated() {
            if parameter.hasNUL { throw .nulInParameter(position: index + 1) }
            let start = bytes.count
            switch parameter.value {
            case .null: break
            case .text(let text): bytes.append(contentsOf: text.utf8)
            case .binary(let value): bytes.append(contentsOf: value)
            }
            if case .binary = parameter.value { formats.append(1) } else { formats.append(0) }
            offsets.append(parameter.value == .null ? -1 : start)
            lengths.append(Int32(clamping: bytes.count - start))
            bytes.append(0)
        }
        sql = statement.sql
        isPrepared = statement.prepared
        types = parameters.map(\.type)
        self.formats = formats
        self.lengths = lengths
        self.offsets = offsets
        self.bytes = bytes
    }

    var key: StatementKey { StatementKey(sql: sql, types: types) }

    /// Calls `body` with the arrays that `PQsendQueryParams` and `PQsendQueryPrepared` take.
    func withArguments<Result>(_ body: (Arguments) -> Result) -> Result {
        bytes.withUnsafeBytes { bytes in
            let values = offsets.map { offset -> UnsafePointer<CChar>? in
                guard offset >= 0 else { return nil }
                return bytes.baseAddress?.advanced(by: offset).assumingMemoryBound(to: CChar.self)
            }
            return body(Arguments(count: Int32(values.count), values: values, lengths: lengths, formats: formats))
        }
    }

    /// The arguments that the two calls have in common.
    struct Arguments {
        let count: Int32
        let values: [UnsafePointer<CChar>?]
        let lengths: [Int32]
        let formats: [Int32]
    }
}
