import NIOHTTP1

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What the vendor says about its rate limit: `Retry-After` and `X-RateLimit-…` (vendor page `api-overview`).
struct RateLimitHeaders: Equatable {
    /// How long to wait before the next request: `Retry-After` in seconds, else the time until `X-RateLimit-Reset`.
    /// Zero to one hour; nil if neither can be read.
    let retryAfter: Duration?

    /// - Parameters:
    ///   - headers: A response's headers.
    ///   - now: The time now in Unix seconds, to which `X-RateLimit-Reset` is compared.
    init(_ headers: HTTPHeaders, now: Double = Date().timeIntervalSince1970) {
        let seconds =
            headers.first(name: "Retry-After").flatMap(Double.init)
            ?? headers.first(name: "X-RateLimit-Reset").flatMap(Double.init).map { $0 - now }
        retryAfter = seconds.flatMap { $0.isFinite ? .seconds(min(max($0, 0), 3600)) : nil }
    }
}
