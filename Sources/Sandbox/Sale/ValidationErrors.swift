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
