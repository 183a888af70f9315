extension VoucherType {
    /// This type as one element of `GET /vouchers`.
    var json: JSONValue {
        var type: JSONValue = "monetary"
        var value: JSONValue = .null
        var limits: (minimum: JSONValue, maximum: JSONValue, increments: JSONValue) = (.null, .null, .null)
        var persons: (minimum: JSONValue, maximum: JSONValue) = (.null, .null)
        switch kind {
        case .monetary(let minimum, let maximum, let increments):
            limits = (.string(minimum.text), .string(maximum.text), .string(increments.text))
        case .experience(let price, let range):
            type = "experience"
            value = .string(price.text)
            persons = (.integer(range.lowerBound), .integer(range.upperBound))
        }
        return [
            "id": .integer(id), "title": .string(title), "selling_description": .null, "type": type,
            "status": .string(status.rawValue), "value": value,
            "min": limits.minimum, "max": limits.maximum, "increments": limits.increments,
            "persons_min": persons.minimum, "persons_max": persons.maximum,
            "available_count": .optional(availableCount), "image": .null,
            "created_at": "2024-01-01T00:00:00.000000Z", "updated_at": "2024-01-01T00:00:00.000000Z",
        ]
    }
}
