/// What the sandbox's company has set up: vouchers, payment methods, delivery methods and its site number.
package struct Catalogue: Sendable {
    /// A way to pay that `payment_method` may name; listed at `GET /payment-methods`.
    struct PaymentMethod: Sendable {
        /// What `payment_method` names.
        var id: Int
        /// The name that `GET /payment-methods` shows.
        var name: String
    }

    /// A way to deliver that `delivery.method` may name.
    struct DeliveryMethod: Sendable {
        /// What `delivery.method` names.
        var id: Int
        /// Whether it needs `delivery.email` (true) or `delivery.address1` and `delivery.postcode` (false).
        var isOnline: Bool
    }

    /// The voucher types; of several with one id the first counts.
    var vouchers = Self.standardVouchers
    /// The payment methods.
    var paymentMethods = [
        PaymentMethod(id: 1, name: "Card"), PaymentMethod(id: 2, name: "Cash"), PaymentMethod(id: 3, name: "Account"),
    ]
    /// The delivery methods: 1 and 2 online, 3 offline.
    var deliveryMethods = [
        DeliveryMethod(id: 1, isOnline: true), DeliveryMethod(id: 2, isOnline: true),
        DeliveryMethod(id: 3, isOnline: false),
    ]
    /// The number that `site_id` of `POST /redeem/check` has to be.
    let site: Int

    /// The standard catalogue for a site.
    package init(site: Int = 1) {
        self.site = site
    }

    /// 1 any sum from 0.01 to 1000.00; 2 from 10.00 to 250.00 in steps of 5.00; 3 an experience at 45.00 for 1 to 4
    /// persons; 4 an experience at 120.00 for 2 to 8 persons; 5 disabled; 6 hidden; 7 at the counter only.
    static let standardVouchers: [VoucherType] = [
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

/// A kind of voucher that the sandbox lists at `GET /vouchers` and sells; the vendor's page `sales/get-vouchers`.
struct VoucherType: Sendable {
    /// What a voucher is worth and how its price comes about.
    enum Kind: Sendable {
        /// Money: sold at `minimum`, `minimum + increments`, … `maximum` pounds; the price is the buyer's to say.
        case monetary(minimum: ExactDecimal, maximum: ExactDecimal, increments: ExactDecimal)
        /// An event at `value` pounds for each person, for as many persons as `persons` allows.
        case experience(value: ExactDecimal, persons: ClosedRange<Int>)
    }

    /// The vendor's four states of a voucher type.
    enum Status: String, Sendable {
        /// Listed and sold.
        case active
        /// Not shown to the public; the page does not say whether the API sells it: the sandbox does.
        case hidden
        /// Not sold.
        case disabled
        /// Sold in person only: not by the API.
        case atCounterOnly = "at_counter_only"
    }

    /// What `items[].id` names; 1 or more.
    var id: Int
    /// The name that `GET /vouchers` shows.
    var title: String
    /// Price rules.
    var kind: Kind
    /// Whether it is sold.
    var status = Status.active

    /// Whether `POST /pos-sale` may name it.
    var isSellable: Bool {
        switch status {
        case .active, .hidden: true
        case .disabled, .atCounterOnly: false
        }
    }
}

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
            "available_count": .null, "image": .null,
            "created_at": "2024-01-01T00:00:00.000000Z", "updated_at": "2024-01-01T00:00:00.000000Z",
        ]
    }
}
