import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// Reads what the vendor lists. Changes nothing there, but each call counts against the key's allowance.
public struct VendorLookup: Sendable {
    /// What came back.
    public struct Answer: Sendable, Equatable {
        /// The HTTP status code.
        public let status: Int
        /// The ids of what is listed, if the body is such a list; nil: it cannot be read.
        public let ids: [Int]?
        /// The vendor's clock, in Unix seconds, to the second; nil: it did not say.
        public let date: Double?
        /// Requests that the vendor allows in its window (`X-RateLimit-Limit`); nil: it did not say.
        public let rateLimit: Int?
        /// Where a redirect leads, without what a key may be part of.
        public let location: String?

        /// Memberwise.
        public init(status: Int, ids: [Int]?, date: Double? = nil, rateLimit: Int? = nil, location: String? = nil) {
            self.status = status
            self.ids = ids
            self.date = date
            self.rateLimit = rateLimit
            self.location = location
        }
    }

    /// Why there is no answer: one sentence without data.
    public struct NoAnswer: Error, Equatable, CustomStringConvertible {
        /// The sentence.
        public let description: String
    }

    /// The longest that a call may take.
    public let timeout: Duration

    /// - Parameter timeout: The longest that a call may take.
    public init(timeout: Duration) { self.timeout = timeout }

    /// `GET /payment-methods`.
    ///
    /// - Throws: ``NoAnswer``.
    public func paymentMethods(_ endpoint: VendorEndpoint) async throws(NoAnswer) -> Answer {
        var configuration = HTTPClient.Configuration.singletonConfiguration
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        var request = HTTPClientRequest(url: endpoint.baseURL + "/payment-methods")
        request.headers = ["Smart-Auth": endpoint.key, "Accept": "application/json", "User-Agent": "giftbridge"]
        let result: Result<Answer, NoAnswer>
        do {
            let response = try await http.execute(request, timeout: .nanoseconds(timeout.nanoseconds))
            let body = try await response.body.collect(upTo: 1024 * 1024)
            result = .success(Answer(response, body: Array(body.readableBytesView), key: endpoint.key))
        } catch {
            result = .failure(NoAnswer(description: Self.sentence(for: error)))
        }
        try? await http.shutdown()  // Nothing is on the way any more.
        return try result.get()
    }

    private static func sentence(for error: any Error) -> String {
        switch error as? HTTPClientError {
        case .deadlineExceeded?, .readTimeout?: "The vendor did not answer in time."
        case .connectTimeout?: "No connection to the vendor came about in time."
        case .remoteConnectionClosed?: "The vendor closed the connection without an answer."
        // Its description may hold header values.
        case let error?: "The request failed: \(error.shortDescription)."
        case nil: "The request failed: \(String(describing: error).prefix(200))."
        }
    }
}

extension VendorLookup.Answer {
    fileprivate init(_ response: HTTPClientResponse, body: [UInt8], key: String) {
        self.init(
            status: Int(response.status.code), ids: Self.ids(body),
            date: response.headers.first(name: "Date").flatMap(RateLimitHeaders.seconds(httpDate:)),
            rateLimit: response.headers.first(name: "X-RateLimit-Limit").flatMap(Int.init),
            location: response.headers.first(name: "Location")?.replacing(key, with: "…"))
    }

    /// The ids of a list whose shape is undocumented: an array of objects with ids, or of ids, bare or below `data`.
    static func ids(_ body: [UInt8]) -> [Int]? {
        guard let json = try? JSONValue(parsing: body) else { return nil }  // Unreadable is an answer of its own.
        guard let elements = json.array ?? json["data"]?.array ?? json["payment_methods"]?.array else { return nil }
        let ids = elements.compactMap { ($0["id"] ?? $0).int ?? ($0["id"] ?? $0).string.flatMap { Int($0) } }
        return ids.count == elements.count ? ids : nil
    }
}
