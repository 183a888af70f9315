/// What came of one request to the vendor, before it is judged.
package enum VendorAnswer: Sendable, Equatable {
    /// The vendor, or a proxy before it, answered.
    case response(VendorResponse)
    /// No whole answer came.
    case noResponse(NoResponse)

    /// How far a request without an answer got.
    package enum NoResponse: Sendable, Equatable {
        /// It is certain that not one byte of the request left this process.
        case notSent(NotSent)
        /// The request may have been sent, in whole or in part. One readable sentence without data.
        case lost(String)

        /// One readable sentence without data.
        package var reason: String {
            switch self {
            case .notSent(let notSent): notSent.reason
            case .lost(let reason): reason
            }
        }
    }

    /// Why nothing was sent. Each case has one readable sentence without data.
    package enum NotSent: Error, Sendable, Equatable {
        /// No connection to the vendor's address came about: URL, DNS, TCP or TLS.
        case unreachable(String)
        /// This machine could not do it: no descriptors, no memory, no port, an unusable key.
        case local(String)
        /// It was ended before it was written: cancelled, past its deadline, or the client was shut down.
        case ended(String)

        /// One readable sentence without data.
        package var reason: String {
            switch self {
            case .unreachable(let reason), .local(let reason), .ended(let reason): reason
            }
        }
    }
}

/// An HTTP response as it came, body bounded.
package struct VendorResponse: Sendable, Equatable {
    /// The HTTP status code.
    package var status: Int
    /// The body: no more bytes than ``VendorRequest/Kind/maximumResponseSize``.
    package var body: [UInt8]
    /// The body was longer than that, and the rest was not read.
    package var isTruncated: Bool
    /// How long the vendor asks to wait: from `Retry-After`, else from `X-RateLimit-Reset`. Zero to 15 minutes.
    package var retryAfter: Duration?
    /// Nothing is left of the vendor's rate limit window (`X-RateLimit-Remaining: 0`): the time until it closes.
    package var allowanceSpentFor: Duration?
    /// Requests that the vendor allows in its window (`X-RateLimit-Limit`); nil: it did not say.
    package var rateLimit: Int?
    /// The vendor's clock (`Date`) in Unix seconds, to the second; nil: it did not say.
    package var date: Double?
    /// The `Location` of a redirect, which is never followed.
    package var location: String?

    /// Memberwise; only the status is required.
    package init(
        status: Int, body: [UInt8] = [], isTruncated: Bool = false, retryAfter: Duration? = nil,
        allowanceSpentFor: Duration? = nil, rateLimit: Int? = nil, date: Double? = nil, location: String? = nil
    ) {
        self.status = status
        self.body = body
        self.isTruncated = isTruncated
        self.retryAfter = retryAfter
        self.allowanceSpentFor = allowanceSpentFor
        self.rateLimit = rateLimit
        self.date = date
        self.location = location
    }

    /// The ids of what the vendor lists (`GET /payment-methods`, `GET /vouchers`); nil: the body is no such list.
    ///
    /// The shape of the first is undocumented: an array of objects with ids, or of ids, bare or below `data`.
    package var listedIDs: [Int]? {
        guard !isTruncated, let json = try? JSONValue(parsing: body),  // An unreadable body is handled as such.
            let elements = json.array ?? json["data"]?.array ?? json["payment_methods"]?.array
        else { return nil }
        let ids = elements.compactMap { ($0["id"] ?? $0).int ?? ($0["id"] ?? $0).string.flatMap { Int($0) } }
        return ids.count == elements.count ? ids : nil
    }
}

extension VendorResponse {
    /// A readable sentence if the status shows a fault in the configuration (address, key) and not in the order; else nil.
    ///
    /// - Parameter path: The path of the request without a leading slash: `pos-sale`.
    func setupFault(path: String) -> String? {
        switch status {
        case 300..<400:
            // Without its query, which may repeat what was sent.
            let target = location?.prefix { !"?#".contains($0) } ?? "nowhere"
            return "The vendor's address redirects (HTTP \(status)) to \(target): "
                + "set the API URL to the address that answers without a redirect."
        case 401, 403: return "The vendor refuses the API key (HTTP \(status)): check the shop's key."
        case 404, 405, 410: return "There is no \(path) at the vendor's address (HTTP \(status)): check the API URL."
        case 402, 406, 407, 411, 415, 421, 426:
            return "The vendor refuses the request as such (HTTP \(status)): check API URL and account."
        default: return nil
        }
    }
}
