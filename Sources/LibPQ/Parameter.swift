/// A value for one of a statement's `$1`, `$2`, …: a PostgreSQL type and the value, or NULL.
///
/// ```swift
/// try await connection.query("SELECT $1 || $2", ["a", .text(name)])
/// ```
///
/// A text with a NUL character is refused when the statement is called (``StatementError``), before anything is sent.
/// Values are never printed by this module.
///
/// Follows the arguments of [`PQsendQueryParams`](https://www.postgresql.org/docs/15/libpq-async.html).
public struct Parameter: Sendable, Hashable {
    enum Value: Hashable {
        case null
        case text(String)
        case binary([UInt8])
    }

    /// The OID of the value's type as in `pg_type`; 0: the server infers it from the place, as for a quoted literal.
    let type: UInt32
    let value: Value
    let hasNUL: Bool

    private init(text: String?, type: UInt32) {
        self.type = type
        value = text.map(Value.text) ?? .null
        hasNUL = text?.utf8.contains(0) ?? false
    }

    /// A value in PostgreSQL's binary form (what the type's `…recv` function reads).
    init(binary: [UInt8]?, type: UInt32, hasNUL: Bool = false) {
        self.type = type
        value = binary.map(Value.binary) ?? .null
        self.hasNUL = hasNUL
    }

    /// NULL, of the type that the server infers.
    public static let null = Parameter(text: nil, type: 0)

    /// `text`.
    public static func text(_ value: String?) -> Parameter {
        Parameter(text: value, type: TypeOID.text)
    }

    /// `bigint`. Where an `integer` is needed, as a function's argument, write `$1::integer`.
    public static func int(_ value: Int?) -> Parameter {
        Parameter(text: value.map { String($0) }, type: TypeOID.int8)
    }

    /// `boolean`.
    public static func bool(_ value: Bool?) -> Parameter {
        Parameter(text: value.map { $0 ? "t" : "f" }, type: TypeOID.bool)
    }

    /// `double precision`, exactly, including infinities and not-a-number.
    public static func double(_ value: Double?) -> Parameter {
        Parameter(text: value.map { $0.description }, type: TypeOID.float8)
    }

    /// `interval`, exact to its resolution of a microsecond (what is finer is rounded to the nearest), in the range of
    /// an `Int64` of microseconds, some 292,000 years; beyond, the nearest end of that range.
    public static func interval(_ value: Duration?) -> Parameter {
        Parameter(binary: value.map(BinaryValue.interval), type: TypeOID.interval)
    }
}

extension Parameter: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByNilLiteral
{
    /// ``text(_:)``.
    public init(stringLiteral value: String) {
        self = .text(value)
    }

    /// ``int(_:)``.
    public init(integerLiteral value: Int) {
        self = .int(value)
    }

    /// ``bool(_:)``.
    public init(booleanLiteral value: Bool) {
        self = .bool(value)
    }

    /// ``null``.
    public init(nilLiteral: ()) {
        self = .null
    }
}

/// The OIDs of built-in types, the same on every server (`pg_type.dat`).
enum TypeOID {
    static let bool: UInt32 = 16
    static let int8: UInt32 = 20
    static let text: UInt32 = 25
    static let float8: UInt32 = 701
    static let boolArray: UInt32 = 1000
    static let textArray: UInt32 = 1009
    static let int8Array: UInt32 = 1016
    static let interval: UInt32 = 1186
    static let intervalArray: UInt32 = 1187
}
