/// A sale that the sandbox made: one entry of its ledger.
public struct Sale: Sendable, Equatable {
    /// One voucher of a sale.
    public struct Item: Sendable, Equatable {
        /// The voucher type.
        public let id: Int
        /// Pounds: for a monetary voucher the literal that was sent (`100.10` stays `100.10`), for an experience what
        /// the sandbox computed from value and persons.
        public let price: String
        /// The literal of `price` as sent, which an experience ignores; nil where none came.
        public let priceSent: String?
        /// For how many; 1 where the request did not say, and for money.
        public let persons: Int
        /// The voucher's code.
        public let code: String
        /// Whether the request asked for this code; false: the sandbox made it.
        public let isCodeChosen: Bool
        /// The recipient printed on it.
        public let to: String?
        /// The sender printed on it.
        public let from: String?
        /// The text printed on it.
        public let message: String?
    }

    /// Who buys, or where to.
    public struct Contact: Sendable, Equatable {
        /// E-mail address; always there for a customer.
        public let email: String?
        /// First name.
        public let firstName: String?
        /// Last name.
        public let lastName: String?
        /// First line of the address.
        public let address1: String?
        /// Second line of the address.
        public let address2: String?
        /// Postcode.
        public let postcode: String?
        /// Town.
        public let town: String?
        /// County.
        public let county: String?
    }

    /// 1 for the first sale since the start or the last reset, then one more each.
    public let sequence: Int
    /// When, in Unix seconds with a fraction.
    public let soldAt: Double
    /// `order_id` as it was sent; nil where none came.
    public let orderID: String?
    /// The order's reference here; unique.
    public let orderReference: String
    /// Whether `orderID` was taken already, so that the reference had to differ.
    public let isRenamed: Bool
    /// The vouchers, in the order sent.
    public let items: [Item]
    /// Who buys.
    public let customer: Contact
    /// `delivery.method`.
    public let deliveryMethod: Int
    /// Where to.
    public let delivery: Contact
    /// `delivery.date` as it was sent.
    public let dateSent: String?
    /// The future day of delivery, as `2025-12-24`; nil: at once.
    public let deliversOn: String?
    /// `payment_method`.
    public let paymentMethod: Int

    /// The codes of the vouchers, in the items' order.
    public var voucherCodes: [String] {
        items.map(\.code)
    }
}
