/// One request to the vendor: where, as whom, what.
public struct VendorRequest: Sendable {
    /// What is asked.
    public enum Kind: Sendable, Equatable {
        /// `POST /pos-sale` (vendor page `sales/create-order`) with ``PosSale/body()``.
        case sale([UInt8])
        /// `POST /redeem/check` (vendor page `redeem/check-redeem`).
        case check([UInt8])
        /// `GET /payment-methods`.
        case paymentMethods
        /// `GET /vouchers` (vendor page `sales/get-vouchers`).
        case vouchers

        /// The longest answer that is read, in bytes: 100 voucher codes take 6 kB, a list of 1,000 vouchers 1 MB.
        public var maximumResponseSize: Int {
            switch self {
            case .sale, .check: 64 * 1024
            case .paymentMethods, .vouchers: 4 * 1024 * 1024
            }
        }
    }

    /// Where, and as whom.
    public let endpoint: VendorEndpoint
    /// What is asked.
    public let kind: Kind
    /// Sent on a new connection only. The vendor may close one that was kept alive at the very moment it is used, and a
    /// request that is lost so cannot be verified where its order has no codes.
    public let prefersFresh: Bool

    /// Memberwise.
    public init(_ kind: Kind, to endpoint: VendorEndpoint, prefersFresh: Bool = false) {
        self.endpoint = endpoint
        self.kind = kind
        self.prefersFresh = prefersFresh
    }
}

/// What came of a request, and how long that took.
public struct VendorReply: Sendable {
    /// What came of it.
    public let answer: VendorAnswer
    /// From ``VendorClient/send(_:by:)`` until then, with the time to connect.
    public let took: Duration

    /// Memberwise.
    public init(answer: VendorAnswer, took: Duration) {
        self.answer = answer
        self.took = took
    }
}
