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

    /// A field of one type; nil where it is absent or refused.
    private mutating func field<Value>(
        _ object: JSONValue?, _ name: String, at path: String, isRequired: Bool, _ type: String,
        _ read: (JSONValue) -> Value?
    ) -> Value? {
        guard let value = object?[name] else {
            if isRequired { refuse(path, "is required") }
            return nil
        }
        let field = read(value)
        if field == nil { refuse(path, "must be \(type)") }
        return field
    }

    /// A JSON string; nil where it is absent or refused. A required one must not be empty.
    mutating func text(_ object: JSONValue?, _ name: String, at path: String, isRequired: Bool = false) -> String? {
        let text = field(object, name, at: path, isRequired: isRequired, "a string", \.text)
        guard isRequired, let text, text.allSatisfy(\.isWhitespace) else { return text }
        refuse(path, "is required")
        return nil
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
        field(object, name, at: path, isRequired: isRequired, "an integer", \.integer)
    }

    /// A JSON number with its literal; a string that looks like one is refused.
    mutating func decimal(_ object: JSONValue?, _ name: String, at path: String) -> ExactDecimal? {
        field(object, name, at: path, isRequired: false, "a number") { value in
            if case .number(let literal) = value { ExactDecimal(literal) } else { nil }
        }
    }

    /// A required JSON object; Laravel calls one "an array", as PHP does.
    mutating func object(_ object: JSONValue?, _ name: String) -> JSONValue? {
        field(object, name, at: name, isRequired: true, "an array") { value in
            if case .object = value { value } else { nil }
        }
    }

    /// A required JSON array, which must not be empty.
    mutating func array(_ object: JSONValue?, _ name: String) -> [JSONValue]? {
        let elements = field(object, name, at: name, isRequired: true, "an array") { value in
            if case .array(let elements) = value { elements } else { nil }
        }
        guard elements?.isEmpty == true else { return elements }
        refuse(name, "is required")
        return nil
    }
}

/// What the vendor finds wrong with a request, by field path, in the form of a Laravel 422.
struct ValidationErrors: Equatable, Sendable {
    struct Field: Equatable, Sendable {
        let path: String
        var messages: [String]
    }

    private(set) var fields: [Field] = []
    /// The paths of codes that are taken, in the order found.
    private(set) var taken: [String] = []

    var isEmpty: Bool { fields.isEmpty }

    /// Adds an error to a field such as `items.0.code`.
    mutating func add(_ path: String, _ message: String) {
        if let index = fields.firstIndex(where: { $0.path == path }) {
            fields[index].messages.append(message)
        } else {
            fields.append(Field(path: path, messages: [message]))
        }
    }

    /// Adds the error of a code that is taken.
    mutating func addTaken(_ path: String, _ message: String) {
        add(path, message)
        taken.append(path)
    }

    /// These errors as a vendor with other manners reports them.
    func told(with manner: Manner) -> ValidationErrors {
        var told = ValidationErrors()
        let silent = manner.has(.firstTakenOnly) ? Set(taken.dropFirst()) : []
        for field in fields where !silent.contains(field.path) {
            let isUnclear = manner.has(.unclearTaken) && taken.contains(field.path)
            for message in isUnclear ? ["The selected \(field.path) is invalid."] : field.messages {
                taken.contains(field.path) ? told.addTaken(field.path, message) : told.add(field.path, message)
            }
        }
        return told
    }

    /// The messages of one field; empty where it has none.
    subscript(path: String) -> [String] {
        fields.first { $0.path == path }?.messages ?? []
    }

    /// The first error, and how many more there are.
    var message: String {
        let all = fields.flatMap(\.messages)
        guard let first = all.first else { return "" }
        switch all.count - 1 {
        case 0: return first
        case 1: return "\(first) (and 1 more error)"
        case let more: return "\(first) (and \(more) more errors)"
        }
    }

    /// `{"message": …, "errors": {path: [message, …], …}}`.
    var json: JSONValue {
        let errors = fields.map { JSONValue.Member($0.path, .array($0.messages.map { .string($0) })) }
        return ["message": .string(message), "errors": .object(errors)]
    }
}
