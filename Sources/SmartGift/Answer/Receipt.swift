/// The vendor's answer to a sale: `order_reference` and `voucher_codes` (vendor page `sales/create-order`).
///
/// Its `description` keeps the codes to itself: they are bearer money.
public struct Receipt: Sendable, Equatable, CustomStringConvertible {
    /// The order's reference at Smart Gift: ours, or renamed to stay unique.
    public let orderReference: String
    /// One per item, in the items' order.
    public let voucherCodes: [String]

    /// Memberwise.
    public init(orderReference: String, voucherCodes: [String]) {
        self.orderReference = orderReference
        self.voucherCodes = voucherCodes
    }

    /// How many codes there are.
    public var description: String { "Receipt(\(voucherCodes.count) voucher codes)" }

    /// Reads the body of a 2xx answer.
    ///
    /// - Parameters:
    ///   - body: The whole body.
    ///   - items: How many items the order has; as many codes must have come.
    /// - Returns: Nil for anything that is not surely the receipt of such an order.
    init?(body: [UInt8], items: Int) {
        guard let json = try? JSONValue(parsing: body),  // Unreadable is an answer of its own: in doubt.
            let reference = json["order_reference"]?.string ?? json["order_reference"]?.numberLiteral,
            !reference.isEmpty, reference.utf8.count <= 1000,
            let elements = json["voucher_codes"]?.array, elements.count == items
        else { return nil }
        let codes = elements.compactMap(\.string).filter { !$0.isEmpty && $0.utf8.count <= 1000 && !$0.contains("\0") }
        guard codes.count == items, !reference.contains("\0") else { return nil }
        self.init(orderReference: reference, voucherCodes: codes)
    }
}
