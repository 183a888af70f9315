/// A kind of voucher that the sandbox lists at `GET /vouchers` and sells; the vendor's page `sales/get-vouchers`.
public struct VoucherType: Sendable {
    /// What a voucher is worth and how its price comes about.
    public enum Kind: Sendable {
        /// Money: sold at `minimum`, `minimum + increments`, … `maximum` pounds; the price is the buyer's to say.
        case monetary(minimum: ExactDecimal, maximum: ExactDecimal, increments: ExactDecimal)
        /// An event at `value` pounds for each person, for as many persons as `persons` allows.
        case experience(value: ExactDecimal, persons: ClosedRange<Int>)
    }

    /// The vendor's four states of a voucher type.
    public enum Status: String, Sendable {
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
    public var id: Int
    /// The name that `GET /vouchers` shows.
    public var title: String
    /// Price rules.
    public var kind: Kind
    /// Whether it is sold; default ``Status/active``.
    public var status: Status
    /// What `GET /vouchers` says is left; nil is null. It is only shown: selling does not lower it, as the page
    /// does not say that it does.
    public var availableCount: Int?

    /// A voucher type.
    public init(id: Int, title: String, kind: Kind, status: Status = .active, availableCount: Int? = nil) {
        self.id = id
        self.title = title
        self.kind = kind
        self.status = status
        self.availableCount = availableCount
    }

    /// Whether `POST /pos-sale` may name it.
    var isSellable: Bool {
        switch status {
        case .active, .hidden: true
        case .disabled, .atCounterOnly: false
        }
    }
}
