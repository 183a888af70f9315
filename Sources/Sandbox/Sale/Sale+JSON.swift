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

    /// The vendor's answer to this sale.
    var receipt: JSONValue {
        [
            "message": "Order processed successfully!",
            "order_reference": .string(orderReference),
            "voucher_codes": .array(voucherCodes.map { .string($0) }),
        ]
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
