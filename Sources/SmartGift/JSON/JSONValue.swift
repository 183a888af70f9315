/// A JSON value (RFC 8259) that keeps numbers as they were written.
///
/// Prices are exact decimals from the shop's insert to the wire: `100.10` stays `100.10`. No number here ever becomes a
/// binary float, which is why Foundation's decoders are not used for orders.
package enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    /// The literal as written, for example `100.10` or `1e3`.
    case number(String)
    case string(String)
    case array([JSONValue])
    /// Of a repeated name the last one counts.
    case object([String: JSONValue])

    /// The member of an object; nil for another kind of value or a missing name.
    package subscript(_ name: String) -> JSONValue? {
        if case .object(let members) = self { members[name] } else { nil }
    }

    /// The text of a string; nil for another kind of value.
    package var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The elements of an array; nil for another kind of value.
    package var array: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The value of a number that is an integer written without fraction or exponent; nil for any other value.
    package var int: Int? {
        if case .number(let literal) = self { Int(literal) } else { nil }
    }

    /// The literal of a number; nil for another kind of value.
    package var numberLiteral: String? {
        if case .number(let literal) = self { literal } else { nil }
    }

    /// Whether this is `null`.
    package var isNull: Bool { self == .null }
}

/// Why a text is not JSON: where, and what was expected. Never the text itself, which may hold codes or personal data.
package struct JSONError: Error, Equatable, CustomStringConvertible {
    /// Offset in bytes.
    package let offset: Int
    /// What is wrong there.
    package let problem: String

    /// Where and what, without the text.
    package var description: String { "not valid JSON at byte \(offset): \(problem)" }
}

extension JSONValue {
    /// Parses one JSON text (RFC 8259, strict): UTF-8, no comments, no trailing commas, nothing after the value.
    ///
    /// - Parameters:
    ///   - bytes: The whole text.
    ///   - maximumDepth: How deep arrays and objects may be nested, 64 by default.
    /// - Throws: ``JSONError``.
    package init(parsing bytes: some Collection<UInt8>, maximumDepth: Int = 64) throws {
        let value = try bytes.withContiguousStorageIfAvailable { try Self.parse($0, maximumDepth) }
        self = try value ?? Array(bytes).withUnsafeBufferPointer { try Self.parse($0, maximumDepth) }
    }

    private static func parse(_ bytes: UnsafeBufferPointer<UInt8>, _ maximumDepth: Int) throws -> JSONValue {
        var parser = JSONParser(bytes: bytes, maximumDepth: maximumDepth)
        return try parser.parse()
    }
}

private struct JSONParser {
    let bytes: UnsafeBufferPointer<UInt8>
    let maximumDepth: Int
    var offset = 0
    var depth = 0
    static let digits = UInt8(ascii: "0")...UInt8(ascii: "9")

    init(bytes: UnsafeBufferPointer<UInt8>, maximumDepth: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
    }

    mutating func parse() throws -> JSONValue {
        let value = try value()
        skipSpace()
        guard offset == bytes.count else { throw error("more text after the value") }
        return value
    }

    func error(_ problem: String) -> JSONError { JSONError(offset: offset, problem: problem) }

    var current: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
    }

    /// Passes over `byte` if it comes next.
    mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        offset += 1
        return true
    }

    mutating func value() throws -> JSONValue {
        skipSpace()
        switch current {
        case UInt8(ascii: "{"): return try nested { try $0.object() }
        case UInt8(ascii: "["): return try nested { try $0.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case let byte? where byte == UInt8(ascii: "-") || Self.digits.contains(byte): return .number(try number())
        default: throw error("a value is expected")
        }
    }

    mutating func nested(_ body: (inout JSONParser) throws -> JSONValue) throws -> JSONValue {
        depth += 1
        guard depth <= maximumDepth else { throw error("nested more than \(maximumDepth) deep") }
        offset += 1
        let value = try body(&self)
        depth -= 1
        return value
    }

    mutating func object() throws -> JSONValue {
        var members: [String: JSONValue] = [:]
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object(members) }
        repeat {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw error("a member's name is expected") }
            let name = try string()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw error("a colon is expected") }
            members[name] = try value()
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw error("a comma or } is expected") }
        return .object(members)
    }

    mutating func array() throws -> JSONValue {
        var elements: [JSONValue] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array(elements) }
        repeat {
            elements.append(try value())
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw error("a comma or ] is expected") }
        return .array(elements)
    }

    mutating func word(_ word: StaticString, _ value: JSONValue) throws -> JSONValue {
        for index in 0..<word.utf8CodeUnitCount {
            guard take(word.utf8Start[index]) else { throw error("a value is expected") }
        }
        return value
    }

    mutating func number() throws -> String {
        let start = offset
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        if take(UInt8(ascii: ".")) { try digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    mutating func digits() throws {
        let start = offset
        while let byte = current, Self.digits.contains(byte) { offset += 1 }
        guard offset > start else { throw error("a digit is expected") }
    }

    mutating func string() throws -> String {
        offset += 1
        let start = offset
        // Most strings have no escape: they are taken as they stand.
        while let byte = current, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { offset += 1 }
        if current == UInt8(ascii: "\"") {
            defer { offset += 1 }
            return try text(bytes[start..<offset])
        }
        var unescaped = Array(bytes[start..<offset])
        while let byte = current, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw error("a control character inside a string") }
            offset += 1
            if byte == UInt8(ascii: "\\") {
                try escape(into: &unescaped)
            } else {
                unescaped.append(byte)
            }
        }
        guard take(UInt8(ascii: "\"")) else { throw error("the string does not end") }
        return try text(unescaped[...])
    }

    func text(_ bytes: some Collection<UInt8>) throws -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw error("a string is not UTF-8") }
        return text
    }

    mutating func escape(into unescaped: inout [UInt8]) throws {
        guard let byte = current else { throw error("the string does not end") }
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): unescaped.append(byte)
        case UInt8(ascii: "b"): unescaped.append(0x08)
        case UInt8(ascii: "f"): unescaped.append(0x0C)
        case UInt8(ascii: "n"): unescaped.append(0x0A)
        case UInt8(ascii: "r"): unescaped.append(0x0D)
        case UInt8(ascii: "t"): unescaped.append(0x09)
        case UInt8(ascii: "u"):
            var code = UInt32(try codeUnit())
            if (0xD800..<0xDC00).contains(code) {
                guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw error("half a surrogate pair") }
                let low = UInt32(try codeUnit())
                guard (0xDC00..<0xE000).contains(low) else { throw error("half a surrogate pair") }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw error("half a surrogate pair") }
            unescaped.append(contentsOf: String(Character(scalar)).utf8)
        default: throw error("an unknown escape")
        }
    }

    mutating func codeUnit() throws -> UInt16 {
        guard offset + 4 <= bytes.count,
            let code = UInt16(String(decoding: bytes[offset..<offset + 4], as: UTF8.self), radix: 16),
            current != UInt8(ascii: "+"), current != UInt8(ascii: "-")
        else { throw error("four hexadecimal digits are expected") }
        offset += 4
        return code
    }
}
