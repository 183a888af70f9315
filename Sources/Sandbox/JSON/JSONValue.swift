/// One JSON value as the sandbox reads and writes it.
///
/// A number keeps its literal text, so that `100.10` stays `100.10` and never passes through a binary float.
/// An object keeps its members in the order sent.
indirect enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case number(literal: String)
    case string(String)
    case array([JSONValue])
    case object([Member])

    /// One name and its value in an object.
    struct Member: Sendable, Equatable {
        let name: String
        let value: JSONValue

        init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// The value of an object's member; nil where it is absent, null, or where this is no object.
    ///
    /// The vendor's page: "optional fields can be left out or null".
    subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        guard let value = members.first(where: { $0.name == name })?.value, value != .null else { return nil }
        return value
    }

    /// The text of a JSON string, else nil.
    var text: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The value of a number written as an integer (no fraction, no exponent) that fits 64 bits, else nil.
    var integer: Int? {
        guard case .number(let literal) = self else { return nil }
        return Int(literal)
    }

    /// A number from an integer.
    static func integer(_ value: Int) -> JSONValue {
        .number(literal: String(value))
    }

    /// A string, or null where there is none.
    static func optional(_ text: String?) -> JSONValue {
        text.map { .string($0) } ?? .null
    }

    /// An integer, or null where there is none.
    static func optional(_ value: Int?) -> JSONValue {
        value.map { .integer($0) } ?? .null
    }

    /// A moment in Unix seconds, with a fraction of six digits.
    static func unixSeconds(_ value: Double) -> JSONValue {
        let microseconds = Int((value * 1_000_000).rounded())
        let fraction = String(microseconds % 1_000_000)
        let padding = String(repeating: "0", count: 6 - fraction.count)
        return .number(literal: "\(microseconds / 1_000_000).\(padding)\(fraction)")
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByIntegerLiteral, ExpressibleByDictionaryLiteral
{
    init(stringLiteral value: String) { self = .string(value) }
    init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(integerLiteral value: Int) { self = .integer(value) }
    init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(elements.map { Member($0.0, $0.1) })
    }
}

extension JSONValue {
    /// This value as compact JSON in UTF-8; numbers as their literals say.
    var bytes: [UInt8] {
        var output: [UInt8] = []
        write(to: &output)
        return output
    }

    private func write(to output: inout [UInt8]) {
        switch self {
        case .null: output.append(contentsOf: "null".utf8)
        case .bool(let value): output.append(contentsOf: (value ? "true" : "false").utf8)
        case .number(let literal): output.append(contentsOf: literal.utf8)
        case .string(let text): Self.write(text, to: &output)
        case .array(let elements):
            output.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                element.write(to: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .object(let members):
            output.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                Self.write(member.name, to: &output)
                output.append(UInt8(ascii: ":"))
                member.value.write(to: &output)
            }
            output.append(UInt8(ascii: "}"))
        }
    }

    private static func write(_ text: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): output.append(contentsOf: [UInt8(ascii: "\\"), byte])
            case 0x00..<0x20:
                let digits = String(byte, radix: 16)
                output.append(contentsOf: (byte < 0x10 ? "\\u000" : "\\u00").utf8)
                output.append(contentsOf: digits.utf8)
            default: output.append(byte)
            }
        }
        output.append(UInt8(ascii: "\""))
    }
}
