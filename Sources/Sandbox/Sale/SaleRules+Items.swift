extension SaleRules {
    /// The items of a request; nil where `items` itself is wrong or one of them is.
    func items(of body: JSONValue, _ reader: inout FieldReader) -> [SaleDraft.Item]? {
        guard let value = body["items"] else {
            reader.refuse("items", "is required")
            return nil
        }
        guard case .array(let elements) = value else {
            reader.refuse("items", "must be an array")
            return nil
        }
        if elements.isEmpty {
            reader.refuse("items", "is required")
            return nil
        }
        var codes: Set<String> = []
        let items = elements.enumerated().map { index, element in
            item(element, at: "items.\(index)", codes: &codes, &reader)
        }
        return items.contains(nil) ? nil : items.compactMap(\.self)
    }

    private func item(
        _ element: JSONValue,
        at path: String,
        codes: inout Set<String>,
        _ reader: inout FieldReader
    ) -> SaleDraft.Item? {
        if case .object = element {} else { reader.refuse(path, "must be an array") }
        let id = reader.integer(element, "id", at: "\(path).id", isRequired: true)
        let voucher = id.flatMap(catalogue.voucher).flatMap { $0.isSellable ? $0 : nil }
        if id != nil, voucher == nil { reader.refuseAsInvalid("\(path).id") }
        let sent = reader.decimal(element, "price", at: "\(path).price")
        let persons = reader.integer(element, "persons", at: "\(path).persons")
        let code = code(of: element, at: "\(path).code", codes: &codes, &reader)
        let to = reader.text(element, "to", at: "\(path).to")
        let from = reader.text(element, "from", at: "\(path).from")
        let message = reader.text(element, "message", at: "\(path).message")
        guard let voucher else { return nil }
        let price: ExactDecimal?
        switch voucher.kind {
        case .monetary(let minimum, let maximum, let increments):
            // A price of the wrong type has its error already; only an absent one is missing.
            if element["price"] == nil { reader.refuse("\(path).price", "is required") }
            if let sent {
                refusePrice(sent, at: "\(path).price", minimum, maximum, increments, &reader)
            }
            price = sent
        case .experience(let value, let range):
            let count = persons ?? 1
            let isUnread = persons == nil && element["persons"] != nil
            if !isUnread, !range.contains(count) {
                reader.refuse("\(path).persons", "must be between \(range.lowerBound) and \(range.upperBound)")
            }
            price = range.contains(count) ? value.multiplied(by: count) : nil
        }
        guard let price else { return nil }
        return SaleDraft.Item(
            id: voucher.id, price: price.text, priceSent: sent?.text, persons: persons ?? 1, code: code,
            to: to, from: from, message: message
        )
    }

    private func refusePrice(
        _ price: ExactDecimal,
        at path: String,
        _ minimum: ExactDecimal,
        _ maximum: ExactDecimal,
        _ increments: ExactDecimal,
        _ reader: inout FieldReader
    ) {
        if price < minimum {
            reader.refuse(path, "must be at least \(minimum.text)")
        } else if price > maximum {
            reader.refuse(path, "must not be greater than \(maximum.text)")
        } else if !price.isReached(from: minimum, by: increments) {
            reader.refuse(path, "must be \(minimum.text) plus a multiple of \(increments.text)")
        }
    }

    private func code(
        of element: JSONValue,
        at path: String,
        codes: inout Set<String>,
        _ reader: inout FieldReader
    ) -> String? {
        guard let code = reader.text(element, "code", at: path) else { return nil }
        guard !code.isEmpty, code.utf8.allSatisfy(Self.isAlphanumeric) else {
            reader.refuse(path, "must only contain letters and numbers")
            return nil
        }
        let name = TakenNames.compared(code)
        if !codes.insert(name).inserted || isCodeTaken(name) { reader.refuseAsTaken(path) }
        return code
    }

    /// The well-formed codes of a request, whatever else is wrong with it.
    static func codes(of body: JSONValue) -> [String] {
        guard case .array(let elements)? = body["items"] else { return [] }
        return elements.compactMap { $0["code"]?.text }.filter { !$0.isEmpty && $0.utf8.allSatisfy(isAlphanumeric) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }
}
