/// Reads the fields of one request, strictly typed, and collects what is wrong with them.
///
/// Unknown fields are never looked at; null counts as absent. Messages are worded as Laravel words them.
struct FieldReader {
    private(set) var errors = ValidationErrors()

    /// The name as messages have it: Laravel writes `payment_method` as "payment method".
    private static func shown(_ path: String) -> String {
        String(path.map { $0 == "_" ? " " : $0 })
    }

    mutating func refuse(_ path: String, _ complaint: String) {
        errors.add(path, "The \(Self.shown(path)) field \(complaint).")
    }

    mutating func refuseAsInvalid(_ path: String) {
        errors.add(path, "The selected \(Self.shown(path)) is invalid.")
    }

    mutating func refuseAsTaken(_ path: String) {
        errors.addTaken(path, "The \(Self.shown(path)) has already been taken.")
    }

    /// A JSON string; nil where it is absent or refused. A required one must not be empty.
    mutating func text(_ object: JSONValue?, _ name: String, at path: String, isRequired: Bool = false) -> String? {
        guard let value = object?[name] else {
            if isRequired { refuse(path, "is required") }
            return nil
        }
        guard let text = value.text else {
            refuse(path, "must be a string")
            return nil
        }
        if isRequired, text.allSatisfy(\.isWhitespace) {
            refuse(path, "is required")
            return nil
        }
        return text
    }

    /// A JSON string with the form of an e-mail address.
    mutating func email(_ object: JSONValue?, at path: String, isRequired: Bool) -> String? {
        guard let text = text(object, "email", at: path, isRequired: isRequired) else { return nil }
        let isEmail = Self.isEmail(text)
        if !isEmail { refuse(path, "must be a valid email address") }
        return isEmail ? text : nil
    }

    private static func isEmail(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, !text.unicodeScalars.contains(where: { $0.value <= 0x20 || $0.value == 0x7F }),
            !text.contains(where: \.isWhitespace)
        else { return false }
        return parts.allSatisfy { !$0.isEmpty && !$0.hasPrefix(".") && !$0.hasSuffix(".") && !$0.contains("..") }
    }

    /// A JSON number written as an integer: neither `"1"` nor `1.0`.
    mutating func integer(_ object: JSONValue?, _ name: String, at path: String, isRequired: Bool = false) -> Int? {
        guard let value = object?[name] else {
            if isRequired { refuse(path, "is required") }
            return nil
        }
        guard let integer = value.integer else {
            refuse(path, "must be an integer")
            return nil
        }
        return integer
    }

    /// A JSON number with its literal; a string that looks like one is refused.
    mutating func decimal(_ object: JSONValue?, _ name: String, at path: String) -> ExactDecimal? {
        guard let value = object?[name] else { return nil }
        guard case .number(let literal) = value, let decimal = ExactDecimal(literal) else {
            refuse(path, "must be a number")
            return nil
        }
        return decimal
    }

    /// A required JSON object; Laravel calls one "an array", as PHP does.
    mutating func object(_ object: JSONValue?, _ name: String) -> JSONValue? {
        guard let value = object?[name] else {
            refuse(name, "is required")
            return nil
        }
        guard case .object = value else {
            refuse(name, "must be an array")
            return nil
        }
        return value
    }
}
