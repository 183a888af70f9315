import AsyncHTTPClient
import Logging
import NIOCore
import NIOHTTP1

/// The vendor's API over HTTP. The only place that POSTs a sale.
///
/// One call is one request: nothing here or below retries, follows a redirect, or sends a second time on a connection
/// that turned out to be dead. Tests/WholeProcess/VendorClientTests.swift holds the library to that.
public final class VendorClient: Sendable {
    /// The longest answer that is read, in bytes: 100 voucher codes take a tenth of it.
    public static let maximumResponseSize = 64 * 1024

    private let http: HTTPClient
    private let timeout: Duration

    /// Makes a client; it owns connections until ``shutdown()``.
    ///
    /// - Parameters:
    ///   - concurrency: How many requests may be on the way at once, 1 or more.
    ///   - timeout: The longest that a request may take, from call to the answer's last byte.
    public init(concurrency: Int, timeout: Duration) {
        var configuration = HTTPClient.Configuration.singletonConfiguration
        configuration.redirectConfiguration = .disallow  // The default would POST again to a 307's target.
        configuration.httpVersion = .http1Only
        configuration.decompression = .disabled
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = max(1, concurrency)
        configuration.connectionPool.idleTimeout = .seconds(20)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = .nanoseconds(min(timeout, .seconds(10)).nanoseconds)
        configuration.timeout.read = .nanoseconds(timeout.nanoseconds)
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        self.timeout = timeout
    }

    /// Closes the connections. Requests on the way end as in doubt.
    public func shutdown() async throws {
        try await http.shutdown()
    }

    /// Sends a sale, once: `POST /pos-sale` (vendor page `sales/create-order`).
    ///
    /// Never throws: whatever happens is an answer. Cancelling the task ends the request; the answer then says whether it
    /// may have been sent.
    ///
    /// - Parameters:
    ///   - body: ``PosSale/body()``.
    ///   - endpoint: Where, and as whom.
    public func submit(_ body: [UInt8], to endpoint: VendorEndpoint) async -> VendorAnswer {
        guard !Task.isCancelled else {
            return .noResponse(mayHaveBeenSent: false, reason: Self.sentence(for: CancellationError()))
        }
        let traced = TracedBody(body)
        var request = HTTPClientRequest(url: endpoint.baseURL + "/pos-sale")
        request.method = .POST
        request.headers = [
            "Smart-Auth": endpoint.key, "Content-Type": "application/json", "Accept": "application/json",
            "User-Agent": "giftbridge",
        ]
        request.body = .bytes(traced, length: .known(Int64(body.count)))
        do {
            return .response(try await exchange(request).withoutKey(endpoint.key))
        } catch {
            return .noResponse(mayHaveBeenSent: traced.wasAskedFor, reason: Self.sentence(for: error))
        }
    }

    /// The whole exchange under one deadline: the library's own ends with the answer's head.
    private func exchange(_ request: HTTPClientRequest) async throws -> VendorResponse {
        try await withThrowingTaskGroup(of: VendorResponse?.self) { group in
            group.addTask { [http, timeout] in
                let deadline = NIODeadline.now() + .nanoseconds(timeout.nanoseconds)
                let response = try await http.execute(request, deadline: deadline)
                return try await VendorResponse(response)
            }
            group.addTask { [timeout] in
                try await Task.sleep(for: timeout)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let response = first else {
                throw HTTPClientError.deadlineExceeded
            }
            return response
        }
    }

    /// One sentence without data, for a person.
    private static func sentence(for error: any Error) -> String {
        if error is CancellationError { return "The request was given up because the bridge is stopping." }
        switch error as? HTTPClientError {
        case .deadlineExceeded?, .readTimeout?: return "The vendor did not answer in time."
        case .connectTimeout?: return "No connection to the vendor came about in time."
        case .getConnectionFromPoolTimeout?: return "No connection to the vendor was free in time."
        case .remoteConnectionClosed?: return "The vendor closed the connection without an answer."
        case .cancelled?: return "The request was given up because the bridge is stopping."
        // Its description may hold header values.
        case let error?: return "The request failed: \(error.shortDescription)."
        case nil: return "The request failed: \(String(describing: error).prefix(200))."
        }
    }
}

extension VendorResponse {
    /// An answer that repeats the key must not carry it into journal and log.
    fileprivate func withoutKey(_ key: String) -> VendorResponse {
        guard !key.isEmpty else { return self }
        var response = self
        response.body = body.replacing(Array(key.utf8), with: Array("…".utf8))
        response.location = location?.replacing(key, with: "…")
        return response
    }

    /// Reads a response to its end, or to the longest that is read.
    fileprivate init(_ response: HTTPClientResponse) async throws {
        var body: [UInt8] = []
        var isTruncated = false
        for try await part in response.body {
            body.append(contentsOf: part.readableBytesView.prefix(VendorClient.maximumResponseSize - body.count))
            if body.count == VendorClient.maximumResponseSize {
                isTruncated = true
                break
            }
        }
        let rateLimit = RateLimitHeaders(response.headers)
        self.init(
            status: Int(response.status.code), body: body, isTruncated: isTruncated,
            retryAfter: rateLimit.retryAfter, allowanceSpentFor: rateLimit.spentFor,
            location: response.headers.first(name: "Location"))
    }
}

extension Duration {
    /// Whole nanoseconds, saturating.
    var nanoseconds: Int64 {
        let (seconds, overflow) = components.seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : seconds + components.attoseconds / 1_000_000_000
    }
}
