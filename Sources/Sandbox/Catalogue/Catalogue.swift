/// What the sandbox's company has set up: vouchers, payment methods, delivery methods and its site number.
public struct Catalogue: Sendable {
    /// A way to pay that `payment_method` may name; listed at `GET /payment-methods`.
    public struct PaymentMethod: Sendable {
        /// What `payment_method` names.
        public var id: Int
        /// The name that `GET /payment-methods` shows.
        public var name: String

        /// A payment method.
        public init(id: Int, name: String) {
            self.id = id
            self.name = name
        }
    }

    /// A way to deliver that `delivery.method` may name.
    public struct DeliveryMethod: Sendable {
        /// What `delivery.method` names.
        public var id: Int
        /// Whether it needs `delivery.email` (true) or `delivery.address1` and `delivery.postcode` (false).
        public var isOnline: Bool

        /// A delivery method.
        public init(id: Int, isOnline: Bool) {
            self.id = id
            self.isOnline = isOnline
        }
    }

    /// The voucher types; of several with one id the first counts.
    public var vouchers: [VoucherType]
    /// The payment methods.
    public var paymentMethods: [PaymentMethod]
    /// The delivery methods.
    public var deliveryMethods: [DeliveryMethod]
    /// The number that `site_id` of `POST /redeem/check` has to be.
    public var site: Int

    /// A catalogue; every default is that of ``standard``.
    public init(
        vouchers: [VoucherType] = Self.standardVouchers,
        paymentMethods: [PaymentMethod] = [
            PaymentMethod(id: 1, name: "Card"), PaymentMethod(id: 2, name: "Cash"),
            PaymentMethod(id: 3, name: "Account"),
        ],
        deliveryMethods: [DeliveryMethod] = [
            DeliveryMethod(id: 1, isOnline: true), DeliveryMethod(id: 2, isOnline: true),
            DeliveryMethod(id: 3, isOnline: false),
        ],
        site: Int = 1
    ) {
        self.vouchers = vouchers
        self.paymentMethods = paymentMethods
        self.deliveryMethods = deliveryMethods
        self.site = site
    }

    /// Payment methods 1 to 3, delivery methods 1 and 2 (online) and 3 (offline), site 1, ``standardVouchers``.
    public static let standard = Catalogue()

    /// 1 any sum from 0.01 to 1000.00; 2 from 10.00 to 250.00 in steps of 5.00; 3 an experience at 45.00 for 1 to 4
    /// persons; 4 an experience at 120.00 for 2 to 8 persons; 5 disabled; 6 hidden; 7 at the counter only.
    public static let standardVouchers: [VoucherType] = [
        VoucherType(
            id: 1, title: "Gift voucher",
            kind: .monetary(minimum: "0.01", maximum: "1000.00", increments: "0.01")
        ),
        VoucherType(
            id: 2, title: "Gift card in steps",
            kind: .monetary(minimum: "10.00", maximum: "250.00", increments: "5.00")
        ),
        VoucherType(id: 3, title: "Afternoon tea", kind: .experience(value: "45.00", persons: 1...4)),
        VoucherType(id: 4, title: "Tasting menu", kind: .experience(value: "120.00", persons: 2...8)),
        VoucherType(
            id: 5, title: "Last year's voucher",
            kind: .monetary(minimum: "5.00", maximum: "100.00", increments: "5.00"), status: .disabled
        ),
        VoucherType(
            id: 6, title: "Staff voucher",
            kind: .monetary(minimum: "5.00", maximum: "100.00", increments: "0.01"), status: .hidden
        ),
        VoucherType(
            id: 7, title: "Counter voucher",
            kind: .monetary(minimum: "5.00", maximum: "100.00", increments: "0.01"), status: .atCounterOnly
        ),
    ]

    func voucher(_ id: Int) -> VoucherType? {
        vouchers.first { $0.id == id }
    }

    func deliveryMethod(_ id: Int) -> DeliveryMethod? {
        deliveryMethods.first { $0.id == id }
    }

    func hasPaymentMethod(_ id: Int) -> Bool {
        paymentMethods.contains { $0.id == id }
    }
}
