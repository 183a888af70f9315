/// A JSON value (RFC 8259) that keeps numbers as they were written.
///
/// Prices are exact decimals from the shop's insert to the wire: `100.10` stays `100.10`. No number here ever becomes a
/// binary float, which is why Foundation's decoders are not used for orders.
public enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    /// The literal as written, for example `100.10` or `1e3`.
    case number(String)
    case string(String)
    case array([JSONValue])
    /// Of a repeated name the last one counts.
    case object([String: JSONValue])

    /// The member of an object; nil for another kind of value or a missing name.
    public subscript(_ name: String) -> JSONValue? {
        if case .object(let members) = self { members[name] } else { nil }
    }

    /// The text of a string; nil for another kind of value.
    public var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The elements of an array; nil for another kind of value.
    public var array: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The value of a number that is an integer written without fraction or exponent; nil for any other value.
    public var int: Int? {
        if case .number(let literal) = self { Int(literal) } else { nil }
    }

    /// The literal of a number; nil for another kind of value.
    public var numberLiteral: String? {
        if case .number(let literal) = self { literal } else { nil }
    }

    /// Whether this is `null`.
    public var isNull: Bool { self == .null }
}
