/// One request to the vendor: where, as whom, what.
package struct VendorRequest: Sendable {
    /// What is asked.
    package enum Kind: Sendable, Equatable {
        /// `POST /pos-sale` (vendor page `sales/create-order`) with ``PosSale/body()``.
        case sale([UInt8])
        /// `POST /redeem/check` (vendor page `redeem/check-redeem`).
        case check([UInt8])
        /// `GET /payment-methods`.
        case paymentMethods
        /// `GET /vouchers` (vendor page `sales/get-vouchers`).
        case vouchers

        /// The longest answer that is read, in bytes: 100 voucher codes take 6 kB, a list of 1,000 vouchers 1 MB.
        package var maximumResponseSize: Int {
            switch self {
            case .sale, .check: 64 * 1024
            case .paymentMethods, .vouchers: 4 * 1024 * 1024
            }
        }
    }

    /// Where, and as whom.
    package let endpoint: VendorEndpoint
    /// What is asked.
    package let kind: Kind
    /// Sent on a new connection only. The vendor may close one that was kept alive at the very moment it is used, and a
    /// request that is lost so cannot be verified where its order has no codes.
    package let prefersFresh: Bool
    /// The order's codes, UTF-8. An accepted answer that lacks one may answer another request: its connection is not used again.
    package let echo: [[UInt8]]

    /// Memberwise.
    package init(
        _ kind: Kind, to endpoint: VendorEndpoint, prefersFresh: Bool = false, echo: [[UInt8]] = []
    ) {
        self.endpoint = endpoint
        self.kind = kind
        self.prefersFresh = prefersFresh
        self.echo = echo
    }
}

/// What came of a request, and how long that took.
package struct VendorReply: Sendable {
    /// What came of it.
    package let answer: VendorAnswer
    /// From ``VendorClient/send(_:by:)`` until then, with the time to connect.
    package let took: Duration
}

/// Where and as whom to sell: the vendor's base URL and the secret key of one application of one company.
///
/// Its `description` keeps the key to itself.
package struct VendorEndpoint: Sendable, Hashable, CustomStringConvertible {
    /// For example `https://api.smart-gift.co.uk`, without a slash at the end.
    package let baseURL: String
    /// Sent as `Smart-Auth`.
    package let key: String

    /// Memberwise.
    package init(baseURL: String, key: String) {
        self.baseURL = baseURL
        self.key = key
    }

    /// The base URL.
    package var description: String { baseURL }
}

/// A question whether a voucher exists: the body of `POST /redeem/check` (vendor page `redeem/check-redeem`). It redeems
/// nothing.
///
/// Its `description` keeps the code to itself.
package struct VoucherCheck: Sendable, Equatable, CustomStringConvertible {
    /// The voucher's code.
    package var code: String
    /// The company's number of the site.
    package var siteID: Int

    /// Memberwise.
    package init(code: String, siteID: Int) {
        self.code = code
        self.siteID = siteID
    }

    /// The site.
    package var description: String { "VoucherCheck(site \(siteID))" }

    /// `{"voucher_no": …, "site_id": …}`.
    package func body() -> [UInt8] {
        var json = JSONWriter()
        json.object {
            $0.member("voucher_no", code)
            $0.member("site_id", siteID)
        }
        return json.bytes
    }
}
