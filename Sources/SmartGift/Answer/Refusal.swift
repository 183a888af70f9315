/// The vendor's word that an order is invalid: `{"message": "…", "errors": {"field.path": ["…", …]}}` (vendor page `api-overview`).
public struct Refusal: Sendable, Equatable {
    /// The HTTP status code, mostly 422.
    public let status: Int
    /// The vendor's summary; empty if it gave none.
    public let message: String
    /// Field path and the first of its messages, by path: "where a field has several, the first counts".
    public let fields: [Field]

    /// One refused field.
    public struct Field: Sendable, Equatable {
        /// For example `items.0.code`.
        public let path: String
        /// The vendor's words.
        public let message: String

        /// Memberwise.
        public init(path: String, message: String) {
            self.path = path
            self.message = message
        }
    }

    /// Memberwise.
    public init(status: Int, message: String, fields: [Field]) {
        self.status = status
        self.message = message
        self.fields = fields
    }

    /// Reads the body of a 4xx answer. What cannot be read leaves message and fields empty.
    init(status: Int, body: [UInt8]) {
        let json = try? JSONValue(parsing: body)  // A refusal without a readable reason is still a refusal.
        var fields: [Field] = []
        if case .object(let errors)? = json?["errors"] {
            fields = errors.keys.sorted().map { path in
                Field(path: path, message: errors[path]?.array?.first?.string ?? errors[path]?.string ?? "is refused")
            }
        }
        self.init(status: status, message: json?["message"]?.string ?? "", fields: fields)
    }

    /// One sentence for a person, in the vendor's words with the field.
    public var sentence: String {
        if !fields.isEmpty {
            return fields.map { "\($0.path): \($0.message)" }.joined(separator: " ")
        }
        return message.isEmpty ? "The vendor refused the order with HTTP \(status) and gave no reason." : message
    }

    /// The positions (from 0) of the items whose code the vendor says is taken.
    ///
    /// Undocumented: recognised by an error path that names an item's code, as `items.0.code`, and by words that say
    /// *taken*. A code refused for another reason (its length, say) proves nothing about a sale.
    ///
    /// - Parameter words: What says *taken*, in lower case; ``wordsForTaken`` by default.
    public func takenCodes(words: [String] = Refusal.wordsForTaken) -> Set<Int> {
        Set(
            fields.compactMap { field in
                let path = field.path.split(whereSeparator: { ".[]".contains($0) })
                guard path.count == 3, path[0] == "items", path[2] == "code", let position = Int(path[1]) else {
                    return nil
                }
                let message = field.message.lowercased()
                guard !Self.wordsForFree.contains(where: message.contains) else { return nil }
                return words.contains(where: message.contains) ? position : nil
            })
    }

    /// Words by which a refused code is understood to be taken. What the vendor really says is undocumented.
    public static let wordsForTaken = ["taken", "already", "unique", "in use", "exist", "duplicate"]
    /// A code that the vendor does not know is the opposite of a sale.
    private static let wordsForFree = [
        "not exist", "n't exist", "non-exist", "nonexist", "no longer exist", "not in use", "not taken", "mistaken",
    ]
}
