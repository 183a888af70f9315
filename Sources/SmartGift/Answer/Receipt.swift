/// The vendor's answer to a sale: its reference and `voucher_codes` (vendor page `sales/create-order`).
///
/// Its `description` keeps the codes to itself: they are bearer money.
package struct Receipt: Sendable, Equatable, CustomStringConvertible {
    /// The order's reference at Smart Gift: normally ours behind the company's id, and renamed to stay unique.
    package let orderReference: String
    /// One per item.
    package let voucherCodes: [String]

    /// Memberwise.
    package init(orderReference: String, voucherCodes: [String]) {
        self.orderReference = orderReference
        self.voucherCodes = voucherCodes
    }

    /// How many codes there are.
    package var description: String { "Receipt(\(voucherCodes.count) voucher codes)" }
}

extension Receipt {
    /// Reads the body of a 2xx answer.
    ///
    /// The vendor's pages call the reference `order_reference` in an example and `order_id` in prose, and an older page
    /// shows answers below `data`: each is read, and two that differ are not guessed at. The codes are read strictly.
    ///
    /// - Parameters:
    ///   - body: The whole body.
    ///   - items: How many items the order has; as many different codes must have come.
    /// - Returns: Nil for anything that is not surely the receipt of such an order; its codes stand as they came.
    init?(body: [UInt8], items: Int) {
        guard let json = try? JSONValue(parsing: body) else { return nil }  // An unreadable body is handled as such.
        func values(_ name: String) -> [JSONValue] {
            [json[name], json["data"]?[name]].compactMap { $0 }.filter { !$0.isNull }
        }
        let named = values("order_reference")
        let references = (named.isEmpty ? values("order_id") : named).map(Self.reference)
        let lists = values("voucher_codes").map { Self.codes($0, items: items) }
        guard let first = references.first, let reference = first, references.allSatisfy({ $0 == reference }),
            let list = lists.first, let codes = list, lists.allSatisfy({ $0 == codes })
        else { return nil }
        self.init(orderReference: reference, voucherCodes: codes)
    }

    private static func reference(_ value: JSONValue) -> String? {
        let digits = value.numberLiteral.flatMap { $0.utf8.allSatisfy { (0x30...0x39).contains($0) } ? $0 : nil }
        return (value.string ?? digits).flatMap { isUsable($0) ? $0 : nil }
    }

    private static func codes(_ value: JSONValue, items: Int) -> [String]? {
        guard let elements = value.array, elements.count == items else { return nil }
        let codes = elements.compactMap(\.string).filter(isUsable)
        return codes.count == items && Set(codes.map { Array($0.utf8) }).count == items ? codes : nil
    }

    private static func isUsable(_ text: String) -> Bool {
        text.utf8.count <= 1000 && !text.utf8.contains(0) && !text.allSatisfy(\.isWhitespace)
    }
}
