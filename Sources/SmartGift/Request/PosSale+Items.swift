extension PosSale.Item {
    /// Reads the items of an order's `items` column.
    ///
    /// - Parameters:
    ///   - json: A JSON array of objects with the vendor's field names; prices keep their literal.
    ///   - assignedCodes: Codes assigned by Giftbridge, one element per item, nil for items with their own code; or empty.
    /// - Throws: ``InvalidItems`` if the JSON is not of that form, or the two do not fit together.
    public static func items(json: some Collection<UInt8>, assignedCodes: [String?]) throws -> [PosSale.Item] {
        guard let elements = try JSONValue(parsing: json).array, !elements.isEmpty else {
            throw InvalidItems(problem: "items is not an array with elements")
        }
        guard assignedCodes.isEmpty || assignedCodes.count == elements.count else {
            throw InvalidItems(problem: "\(elements.count) items have \(assignedCodes.count) assigned codes")
        }
        return try elements.enumerated().map { position, element in
            var item = try PosSale.Item(element, position: position)
            if !assignedCodes.isEmpty, let assigned = assignedCodes[position] {
                // If a shop's code were taken for an assigned one, it could prove sales that never happened.
                guard item.code == nil else {
                    throw InvalidItems(problem: "items[\(position)] has a code and an assigned one")
                }
                item.code = assigned
            }
            return item
        }
    }

    private init(_ json: JSONValue, position: Int) throws {
        func invalid(_ field: String) -> InvalidItems {
            InvalidItems(problem: "items[\(position)].\(field) is not of the vendor's type")
        }
        func text(_ field: String) throws -> String? {
            guard let value = json[field], !value.isNull else { return nil }
            guard let text = value.string else { throw invalid(field) }
            return text
        }
        func integer(_ field: String) throws -> Int? {
            guard let value = json[field], !value.isNull else { return nil }
            guard let integer = value.int else { throw invalid(field) }
            return integer
        }
        func decimal(_ field: String) throws -> DecimalLiteral? {
            guard let value = json[field], !value.isNull else { return nil }
            guard let decimal = value.numberLiteral.flatMap(DecimalLiteral.init) else { throw invalid(field) }
            return decimal
        }
        guard let id = try integer("id") else { throw invalid("id") }
        self.init(
            id: id, price: try decimal("price"), to: try text("to"), from: try text("from"),
            message: try text("message"), code: try text("code"), persons: try integer("persons"))
    }
}

/// An order's items that cannot become a request. Says where, never the value.
public struct InvalidItems: Error, Equatable, CustomStringConvertible {
    /// What is wrong.
    public let problem: String

    /// Memberwise.
    public init(problem: String) {
        self.problem = problem
    }

    /// Where and what, without the value.
    public var description: String { problem }
}
