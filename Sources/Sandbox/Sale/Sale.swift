/// A sale that the sandbox made: one entry of its ledger.
package struct Sale: Sendable, Equatable {
    /// One voucher of a sale.
    package struct Item: Sendable, Equatable {
        /// The voucher type.
        let id: Int
        /// Pounds: for a monetary voucher the literal that was sent (`100.10` stays `100.10`), for an experience what
        /// the sandbox computed from value and persons.
        let price: String
        /// The literal of `price` as sent, which an experience ignores; nil where none came.
        let priceSent: String?
        /// For how many; 1 where the request did not say, and for money.
        let persons: Int
        /// The voucher's code.
        package let code: String
        /// Whether the request asked for this code; false: the sandbox made it.
        let isCodeChosen: Bool
        /// The recipient printed on it.
        let to: String?
        /// The sender printed on it.
        let from: String?
        /// The text printed on it.
        let message: String?
    }

    /// Who buys, or where to.
    struct Contact: Sendable, Equatable {
        /// E-mail address; always there for a customer.
        let email: String?
        /// First name.
        let firstName: String?
        /// Last name.
        let lastName: String?
        /// First line of the address.
        let address1: String?
        /// Second line of the address.
        let address2: String?
        /// Postcode.
        let postcode: String?
        /// Town.
        let town: String?
        /// County.
        let county: String?
    }

    /// 1 for the first sale since the start or the last reset, then one more each.
    let sequence: Int
    /// When, in Unix seconds with a fraction.
    let soldAt: Double
    /// `order_id` as it was sent; nil where none came.
    package let orderID: String?
    /// The order's reference here; unique.
    let orderReference: String
    /// Whether `orderID` was taken already, so that the reference had to differ.
    let isRenamed: Bool
    /// The vouchers, in the order sent.
    package let items: [Item]
    /// Who buys.
    let customer: Contact
    /// `delivery.method`.
    let deliveryMethod: Int
    /// Where to.
    let delivery: Contact
    /// `delivery.date` as it was sent.
    let dateSent: String?
    /// The future day of delivery, as `2025-12-24`; nil: at once.
    let deliversOn: String?
    /// `payment_method`.
    let paymentMethod: Int

    /// The codes of the vouchers, in the items' order.
    var voucherCodes: [String] {
        items.map(\.code)
    }
}

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
