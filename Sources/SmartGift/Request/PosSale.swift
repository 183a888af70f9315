/// A voucher order as the vendor takes it: the body of `POST /pos-sale` (vendor page `sales/create-order`).
///
/// Every optional field that is nil is left out of the request.
public struct PosSale: Sendable, Equatable {
    /// One voucher to buy.
    public struct Item: Sendable, Equatable {
        /// A voucher type from `GET /vouchers`.
        public var id: Int
        /// Required by the vendor for a monetary voucher; for an experience the vendor computes it.
        public var price: DecimalLiteral?
        /// Printed on the voucher: the recipient.
        public var to: String?
        /// Printed on the voucher: the sender.
        public var from: String?
        /// Printed on the voucher: the sender's text.
        public var message: String?
        /// The code that the voucher shall have: alphanumeric and unique at the vendor.
        public var code: String?
        /// How many persons an experience is for; the vendor's default is 1.
        public var persons: Int?

        /// Memberwise; only `id` is required.
        public init(
            id: Int, price: DecimalLiteral? = nil, to: String? = nil, from: String? = nil, message: String? = nil,
            code: String? = nil, persons: Int? = nil
        ) {
            self.id = id
            self.price = price
            self.to = to
            self.from = from
            self.message = message
            self.code = code
            self.persons = persons
        }
    }

    /// A name and a postal address, as in the vendor's `customer` and `delivery`.
    public struct Address: Sendable, Equatable {
        /// `first_name`.
        public var firstName: String?
        /// `last_name`.
        public var lastName: String?
        /// Required by the vendor where the delivery method is an offline one.
        public var address1: String?
        /// `address2`.
        public var address2: String?
        /// Required by the vendor where the delivery method is an offline one.
        public var postcode: String?
        /// `town`.
        public var town: String?
        /// `county`.
        public var county: String?

        /// Memberwise; nothing is required.
        public init(
            firstName: String? = nil, lastName: String? = nil, address1: String? = nil, address2: String? = nil,
            postcode: String? = nil, town: String? = nil, county: String? = nil
        ) {
            self.firstName = firstName
            self.lastName = lastName
            self.address1 = address1
            self.address2 = address2
            self.postcode = postcode
            self.town = town
            self.county = county
        }
    }

    /// Who buys.
    public struct Customer: Sendable, Equatable {
        /// Required by the vendor.
        public var email: String
        /// Name and address; all of it optional.
        public var address: Address

        /// Memberwise; only `email` is required.
        public init(email: String, address: Address = Address()) {
            self.email = email
            self.address = address
        }
    }

    /// How the vouchers reach their recipient.
    public struct Delivery: Sendable, Equatable {
        /// A delivery method of the company: online ones need `email`, offline ones `address1` and `postcode`.
        public var method: Int
        /// Required by the vendor where the delivery method is an online one.
        public var email: String?
        /// `YYYY-MM-DD`. The vendor sends today, a past or an invalid date at once, silently.
        public var date: String?
        /// The recipient's name and address.
        public var address: Address

        /// Memberwise; only `method` is required.
        public init(method: Int, email: String? = nil, date: String? = nil, address: Address = Address()) {
            self.method = method
            self.email = email
            self.date = date
            self.address = address
        }
    }

    /// One or more.
    public var items: [Item]
    /// Who buys.
    public var customer: Customer
    /// How the vouchers reach their recipient.
    public var delivery: Delivery
    /// An id from `GET /payment-methods`.
    public var paymentMethod: Int
    /// Our reference. The vendor renames a duplicate instead of refusing it, so it protects nothing.
    public var orderID: String?

    /// Memberwise.
    public init(items: [Item], customer: Customer, delivery: Delivery, paymentMethod: Int, orderID: String?) {
        self.items = items
        self.customer = customer
        self.delivery = delivery
        self.paymentMethod = paymentMethod
        self.orderID = orderID
    }
}
