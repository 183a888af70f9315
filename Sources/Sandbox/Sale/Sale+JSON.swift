extension Sale {
    /// This sale as `GET /_sandbox/sales` shows it; prices are strings that hold the exact literal.
    var json: JSONValue {
        [
            "sequence": .integer(sequence),
            "time": .unixSeconds(soldAt),
            "order_id": .optional(orderID),
            "order_reference": .string(orderReference),
            "renamed": .bool(isRenamed),
            "items": .array(items.map(\.json)),
            "customer": .object(customer.members),
            "delivery": .object(
                [JSONValue.Member("method", .integer(deliveryMethod))] + delivery.members + [
                    JSONValue.Member("date", .optional(dateSent)),
                    JSONValue.Member("delivers_on", .optional(deliversOn)),
                ]
            ),
            "payment_method": .integer(paymentMethod),
        ]
    }

    /// The vendor's answer to this sale, in the form of its page.
    var receipt: JSONValue {
        receipt(Manner(habits: [], referencePrefix: ""))
    }

    /// The vendor's answer to this sale.
    func receipt(_ manner: Manner) -> JSONValue {
        let codes = manner.has(.codesReordered) ? voucherCodes.reversed() : voucherCodes
        let spelled = codes.map { JSONValue.string(manner.has(.codesRespelled) ? Self.respelled($0) : $0) }
        let reference = manner.has(.referenceAsOrderID) ? "order_id" : "order_reference"
        let message = JSONValue.Member("message", "Order processed successfully!")
        let rest = [
            JSONValue.Member(reference, .string(orderReference)), JSONValue.Member("voucher_codes", .array(spelled)),
        ]
        return manner.has(.nestedAnswer)
            ? .object([message, JSONValue.Member("data", .object(rest))]) : .object([message] + rest)
    }

    /// A code as a vendor that prints it in groups might store it.
    private static func respelled(_ code: String) -> String {
        let half = code.index(code.startIndex, offsetBy: code.count / 2)
        return "\(code[..<half]) \(code[half...])".lowercased()
    }
}

extension Sale.Item {
    fileprivate var json: JSONValue {
        [
            "id": .integer(id), "price": .string(price), "price_sent": .optional(priceSent),
            "persons": .integer(persons), "code": .string(code), "code_chosen": .bool(isCodeChosen),
            "to": .optional(to), "from": .optional(from), "message": .optional(message),
        ]
    }
}

extension Sale.Contact {
    fileprivate var members: [JSONValue.Member] {
        [
            JSONValue.Member("email", .optional(email)),
            JSONValue.Member("first_name", .optional(firstName)), JSONValue.Member("last_name", .optional(lastName)),
            JSONValue.Member("address1", .optional(address1)), JSONValue.Member("address2", .optional(address2)),
            JSONValue.Member("postcode", .optional(postcode)), JSONValue.Member("town", .optional(town)),
            JSONValue.Member("county", .optional(county)),
        ]
    }
}
