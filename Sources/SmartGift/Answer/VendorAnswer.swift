/// What came of one `POST /pos-sale`, before anybody judged it.
public enum VendorAnswer: Sendable, Equatable {
    /// The vendor (or something on the way to it) answered.
    case response(VendorResponse)
    /// No whole answer came.
    ///
    /// - Parameters:
    ///   - mayHaveBeenSent: False only where it is certain that no complete request left this process.
    ///   - reason: One sentence without data, for a person.
    case noResponse(mayHaveBeenSent: Bool, reason: String)
}

/// An HTTP response as it came, body bounded.
public struct VendorResponse: Sendable, Equatable {
    /// The HTTP status code.
    public var status: Int
    /// The body: at most ``VendorClient/maximumResponseSize`` bytes.
    public var body: [UInt8]
    /// The body was longer than that, and the rest was not read.
    public var isTruncated: Bool
    /// How long the vendor asks to wait: from `Retry-After`, else from `X-RateLimit-Reset`. Zero or more.
    public var retryAfter: Duration?
    /// Nothing is left of the vendor's rate limit window (`X-RateLimit-Remaining: 0`): the time until it closes.
    public var allowanceSpentFor: Duration?
    /// The `Location` of a redirect, which is never followed.
    public var location: String?

    /// Memberwise; only the status is required.
    public init(
        status: Int, body: [UInt8] = [], isTruncated: Bool = false, retryAfter: Duration? = nil,
        allowanceSpentFor: Duration? = nil,
        location: String? = nil
    ) {
        self.status = status
        self.body = body
        self.isTruncated = isTruncated
        self.retryAfter = retryAfter
        self.allowanceSpentFor = allowanceSpentFor
        self.location = location
    }
}
