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
    /// Nothing is left of the vendor's window (`X-RateLimit-Remaining: 0`): the time until it closes, more than zero.
    let spentFor: Duration?

    /// - Parameters:
    ///   - headers: A response's headers.
    ///   - now: The time now in Unix seconds. `X-RateLimit-Reset` is compared to the response's own `Date` where it has one,
    ///     so that it does not matter by how much the vendor's clock is off.
    init(_ headers: HTTPHeaders, now: Double = Date().timeIntervalSince1970) {
        let vendorsNow = headers.first(name: "Date").flatMap(Self.seconds(httpDate:)) ?? now
        let untilReset = headers.first(name: "X-RateLimit-Reset").flatMap(Double.init).map { $0 - vendorsNow }
        retryAfter = Self.bounded(headers.first(name: "Retry-After").flatMap(Double.init) ?? untilReset)
        let isSpent = headers.first(name: "X-RateLimit-Remaining").flatMap(Int.init) == 0
        spentFor = isSpent ? Self.bounded(untilReset).flatMap { $0 > .zero ? $0 : nil } : nil
    }

    private static func bounded(_ seconds: Double?) -> Duration? {
        seconds.flatMap { $0.isFinite ? .seconds(min(max($0, 0), 3600)) : nil }
    }

    /// Unix seconds of an HTTP date in its one modern form (RFC 9110, IMF-fixdate): `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func seconds(httpDate: String) -> Double? {
        let words = httpDate.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", let day = Int(words[1]), let year = Int(words[3]),
            let month = months.firstIndex(of: String(words[2]))
        else { return nil }
        let time = words[4].split(separator: ":").compactMap { Int($0) }
        guard time.count == 3 else { return nil }
        var components = DateComponents()
        (components.year, components.month, components.day) = (year, month + 1, day)
        (components.hour, components.minute, components.second) = (time[0], time[1], time[2])
        return utc.date(from: components)?.timeIntervalSince1970
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static let utc: Calendar = {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        return calendar
    }()
}
