import FoundationEssentials

/// What the vendor says about its rate limit: `Retry-After` and `X-RateLimit-…` (vendor page `api-overview`).
struct RateLimitHeaders: Equatable {
    /// Maximum wait in seconds, whatever the vendor says.
    static let longest = 900.0

    /// How long to wait before the next request: `Retry-After` in seconds or as an HTTP date (RFC 9110), else the time until
    /// `X-RateLimit-Reset`. Zero to 15 minutes; nil if neither can be read.
    let retryAfter: Duration?
    /// Nothing is left of the vendor's window (`X-RateLimit-Remaining: 0`): the time until it closes, more than zero.
    let spentFor: Duration?

    /// - Parameters:
    ///   - head: A response's head.
    ///   - now: The time now in Unix seconds. `X-RateLimit-Reset` is compared to the response's own `Date` where it has
    ///     one, so that it does not matter by how much the vendor's clock is off.
    init(_ head: ResponseHead, now: @autoclosure () -> Double = Date().timeIntervalSince1970) {
        func until(_ moment: Double) -> Double { moment - (head.date ?? now()) }
        let untilReset = head.rateLimitReset.flatMap(Double.init).map { reset in
            // The vendor's is in Unix seconds. Other layers write milliseconds, or the seconds that are left: no time of theirs
            // can be taken for another of these.
            switch reset {
            case ..<31_536_000: reset
            case 100_000_000_000...: until(reset / 1000)
            default: until(reset)
            }
        }
        let wait = head.retryAfter.flatMap { Double($0) ?? Self.seconds(httpDate: $0).map(until) }
        retryAfter = Self.bounded(wait ?? untilReset)
        let isSpent = head.rateLimitRemaining.flatMap { Int($0) } == 0
        spentFor = isSpent ? Self.bounded(untilReset).flatMap { $0 > .zero ? $0 : nil } : nil
    }

    private static func bounded(_ seconds: Double?) -> Duration? {
        seconds.flatMap { $0.isFinite ? .seconds(min(max($0, 0), longest)) : nil }
    }

    /// Unix seconds of an HTTP date in its one modern form (RFC 9110, IMF-fixdate): `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func seconds(httpDate: String) -> Double? {
        let text = Array(httpDate.utf8)
        guard text.count == 29, text[3] == UInt8(ascii: ","), text.suffix(4).elementsEqual(" GMT".utf8),
            text[19] == UInt8(ascii: ":"), text[22] == UInt8(ascii: ":"),
            let month = months.firstIndex(where: { $0.utf8.elementsEqual(text[8..<11]) }),
            let day = number(text[5..<7]), let year = number(text[12..<16]), let hour = number(text[17..<19]),
            let minute = number(text[20..<22]), let second = number(text[23..<25]),
            (1...31).contains(day), hour < 24, minute < 60, second <= 60
        else { return nil }
        // Days since 1 March of the year 0, whose leap day is its last, less those until 1970.
        let (shifted, years) = month < 2 ? (month + 10, year - 1) : (month - 2, year)
        let days = years * 365 + years / 4 - years / 100 + years / 400 + (shifted * 153 + 2) / 5 + day - 1 - 719_468
        return Double(days * 86_400 + hour * 3600 + minute * 60 + second)
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        digits.reduce(0 as Int?) { sum, digit in
            sum.flatMap { (0x30...0x39).contains(digit) ? $0 * 10 + Int(digit) - 0x30 : nil }
        }
    }
}
