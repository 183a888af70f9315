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
package struct Parameter: Sendable, Hashable {
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
    package static let null = Parameter(text: nil, type: 0)

    /// `text`.
    package static func text(_ value: String?) -> Parameter {
        Parameter(text: value, type: TypeOID.text)
    }

    /// `bigint`. Where an `integer` is needed, as a function's argument, write `$1::integer`.
    package static func int(_ value: Int?) -> Parameter {
        Parameter(text: value.map { String($0) }, type: TypeOID.int8)
    }

    /// `boolean`.
    package static func bool(_ value: Bool?) -> Parameter {
        Parameter(text: value.map { $0 ? "t" : "f" }, type: TypeOID.bool)
    }

    /// `double precision`, exactly, including infinities and not-a-number.
    package static func double(_ value: Double?) -> Parameter {
        Parameter(text: value.map { $0.description }, type: TypeOID.float8)
    }

    /// `interval`, exact to its resolution of a microsecond (what is finer is rounded to the nearest), in the range of
    /// an `Int64` of microseconds, some 292,000 years; beyond, the nearest end of that range.
    package static func interval(_ value: Duration?) -> Parameter {
        Parameter(binary: value.map(BinaryValue.interval), type: TypeOID.interval)
    }
}

extension Parameter: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByNilLiteral
{
    /// ``text(_:)``.
    package init(stringLiteral value: String) {
        self = .text(value)
    }

    /// ``int(_:)``.
    package init(integerLiteral value: Int) {
        self = .int(value)
    }

    /// ``bool(_:)``.
    package init(booleanLiteral value: Bool) {
        self = .bool(value)
    }

    /// ``null``.
    package init(nilLiteral: ()) {
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

extension Parameter {
    /// `text[]`, with NULL for `nil`.
    package static func textArray(_ values: [String?]) -> Parameter {
        let bytes = BinaryValue.array(of: TypeOID.text, values, sizeHint: 32) { $1.append(contentsOf: $0.utf8) }
        let hasNUL = values.contains { $0?.utf8.contains(0) ?? false }
        return Parameter(binary: bytes, type: TypeOID.textArray, hasNUL: hasNUL)
    }

    /// `bigint[]`, with NULL for `nil`. Where an `integer[]` is needed write `$1::integer[]`.
    package static func intArray(_ values: [Int?]) -> Parameter {
        let bytes = BinaryValue.array(of: TypeOID.int8, values, sizeHint: 8) { $1.append(bigEndian: Int64($0)) }
        return Parameter(binary: bytes, type: TypeOID.int8Array)
    }

    /// `boolean[]`, with NULL for `nil`.
    package static func boolArray(_ values: [Bool?]) -> Parameter {
        let bytes = BinaryValue.array(of: TypeOID.bool, values, sizeHint: 1) { $1.append($0 ? 1 : 0) }
        return Parameter(binary: bytes, type: TypeOID.boolArray)
    }

    /// `interval[]`, with NULL for `nil`; resolution and range as in ``interval(_:)``.
    package static func intervalArray(_ values: [Duration?]) -> Parameter {
        let bytes = BinaryValue.array(of: TypeOID.interval, values, sizeHint: 16) {
            $1.append(contentsOf: BinaryValue.interval($0))
        }
        return Parameter(binary: bytes, type: TypeOID.intervalArray)
    }
}

/// PostgreSQL's binary forms: integers are big-endian.
enum BinaryValue {
    /// What `array_recv` reads: dimensions, whether there are NULLs, the elements' type; length and lower bound of
    /// the one dimension; then every element with its length, -1 for NULL.
    static func array<Element>(
        of elementType: UInt32,
        _ values: [Element?],
        sizeHint: Int,
        append: (Element, inout [UInt8]) -> Void
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(20 + values.count * (4 + sizeHint))
        bytes.append(bigEndian: Int32(values.isEmpty ? 0 : 1))
        bytes.append(bigEndian: Int32(values.contains { $0 == nil } ? 1 : 0))
        bytes.append(bigEndian: elementType)
        if values.isEmpty { return bytes }
        bytes.append(bigEndian: Int32(values.count))
        bytes.append(bigEndian: Int32(1))
        for value in values {
            let lengthAt = bytes.count
            bytes.append(bigEndian: Int32(-1))
            guard let value else { continue }
            append(value, &bytes)
            bytes.replace(at: lengthAt, bigEndian: Int32(bytes.count - lengthAt - 4))
        }
        return bytes
    }

    /// What `interval_recv` reads: microseconds, days, months.
    static func interval(_ duration: Duration) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        bytes.append(bigEndian: microseconds(duration))
        bytes.append(bigEndian: Int64(0))
        return bytes
    }

    /// To the nearest microsecond, halves away from zero, clamped to what `Int64` holds.
    static func microseconds(_ duration: Duration) -> Int64 {
        let perMicrosecond: Int128 = 1_000_000_000_000
        let half = duration < .zero ? -perMicrosecond / 2 : perMicrosecond / 2
        return Int64(clamping: (duration.attoseconds + half) / perMicrosecond)
    }
}

extension [UInt8] {
    mutating func append(bigEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }

    mutating func replace(at index: Int, bigEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { replaceSubrange(index..<index + $0.count, with: $0) }
    }
}
