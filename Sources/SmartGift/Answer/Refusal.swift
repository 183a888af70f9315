/// The vendor's word that an order is invalid: `{"message": "…", "errors": {"field.path": ["…", …]}}` (vendor page `api-overview`).
///
/// Its `description` keeps the vendor's words to itself: they may repeat codes and what the customer wrote.
package struct Refusal: Sendable, Equatable, CustomStringConvertible {
    /// The HTTP status code, mostly 422.
    package let status: Int
    /// The vendor's summary; empty if it gave none.
    package let message: String
    /// The refused fields, by path.
    package let fields: [Field]

    /// One refused field.
    package struct Field: Sendable, Equatable {
        /// For example `items.0.code`; empty where the vendor named no field.
        package let path: String
        /// The vendor's words: "where a field has several, the first counts".
        package let message: String
        /// What the vendor said after that.
        package let further: [String]

        /// Memberwise.
        package init(path: String, message: String, further: [String] = []) {
            self.path = path
            self.message = message
            self.further = further
        }
    }

    /// Memberwise.
    package init(status: Int, message: String, fields: [Field]) {
        self.status = status
        self.message = message
        self.fields = fields
    }

    /// Status and number of fields.
    package var description: String { "Refusal(HTTP \(status), \(fields.count) fields)" }

    /// One readable sentence, in the vendor's words with the field.
    package var sentence: String {
        if !fields.isEmpty {
            return fields.map { $0.path.isEmpty ? $0.message : "\($0.path): \($0.message)" }.joined(separator: " ")
        }
        return message.isEmpty ? "The vendor refused the order with HTTP \(status) and gave no reason." : message
    }

    /// Words by which a refused code is understood to be taken. What the vendor really says is undocumented.
    package static let wordsForTaken = ["taken", "already", "unique", "in use", "exist", "duplicate"]
}

extension Refusal {
    /// Reads the body of a 4xx answer.
    ///
    /// - Returns: Nil for a JSON object that is cut off or damaged: what it said about the codes is lost. Another body
    ///   (none, a page of HTML) is a refusal without words.
    init?(status: Int, body: [UInt8]) {
        let json = try? JSONValue(parsing: body)  // Judged on the next line.
        let start = body.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
        if json == nil, start == UInt8(ascii: "{") { return nil }
        var fields: [Field] = []
        if let errors = json?["errors"] { Self.collect(errors, at: "", into: &fields) }
        self.init(status: status, message: json?["message"]?.string ?? "", fields: fields)
    }

    /// Laravel's flat form `{"items.0.code": ["…"]}`, and the same nested.
    private static func collect(_ value: JSONValue, at path: String, into fields: inout [Field]) {
        func add(_ messages: [JSONValue]) {
            let texts = messages.map { $0.string ?? "is refused" }
            fields.append(Field(path: path, message: texts.first ?? "is refused", further: Array(texts.dropFirst())))
        }
        func below(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
        switch value {
        case .object(let members):
            for (name, member) in members.sorted(by: { $0.key < $1.key }) {
                collect(member, at: below(name), into: &fields)
            }
        case .array(let elements) where elements.contains { $0.array != nil || $0.isObject }:
            for (index, element) in elements.enumerated() { collect(element, at: below("\(index)"), into: &fields) }
        case .array(let elements): if !path.isEmpty || !elements.isEmpty { add(elements) }
        default: if !path.isEmpty || value.string != nil { add([value]) }
        }
    }
}

extension JSONValue {
    fileprivate var isObject: Bool { if case .object = self { true } else { false } }
}
