import Testing

@testable import SmartGift

/// How long the vendor asks to wait.
@Suite("Rate-limit headers")
struct RateLimitHeadersTests {
    static let now = 1_800_000_000.0

    /// The head of a response with these headers.
    static func head(_ headers: [(String, String)]) -> ResponseHead {
        let lines = headers.map { "\($0): \($1)\r\n" }.joined()
        return ResponseReaderTests.read("HTTP/1.1 429 Too Many Requests\r\n\(lines)\r\n").reader.head
    }

    @Test(
        "Retry-After goes before X-RateLimit-Reset; what cannot be read counts as absent; zero to 15 minutes",
        arguments: [
            ([:], nil), (["Retry-After": "17"], .seconds(17)), (["retry-after": "17"], .seconds(17)),
            (["Retry-After": "0"], .zero),
            (["Retry-After": "1.5"], .milliseconds(1500)), (["Retry-After": "-5"], .zero),
            (["Retry-After": "900"], .seconds(900)),
            (["Retry-After": "901"], .seconds(900)), (["Retry-After": "99999999999999999999"], .seconds(900)),
            (["Retry-After": "1e300"], .seconds(900)), (["Retry-After": ""], nil), (["Retry-After": "soon"], nil),
            (["Retry-After": "nan"], nil), (["Retry-After": "inf"], nil),
            (["Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"], nil),
            (["X-RateLimit-Reset": "1800000042"], .seconds(42)), (["X-RateLimit-Reset": "1800000000"], .zero),
            (["X-RateLimit-Reset": "1799999000"], .zero), (["X-RateLimit-Reset": "0"], .zero),
            (["X-RateLimit-Reset": "1900000000"], .seconds(900)), (["X-RateLimit-Reset": "later"], nil),
            (["Retry-After": "5", "X-RateLimit-Reset": "1800000042"], .seconds(5)),
            (["Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT", "X-RateLimit-Reset": "1800000042"], .seconds(42)),
            (["X-RateLimit-Limit": "60", "X-RateLimit-Remaining": "0"], nil),
        ] as [([String: String], Duration?)])
    func wait(headers: [String: String], expected: Duration?) {
        #expect(RateLimitHeaders(Self.head(headers.map { ($0.key, $0.value) }), now: Self.now).retryAfter == expected)
    }

    @Test(
        "The reset is compared to the answer's own date, so that the vendor's clock may be wrong",
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", "784111800", .seconds(23)),
            ("Thu, 29 Feb 2024 23:59:59 GMT", "1709251260", .seconds(61)),
            ("yesterday", "1800000042", .seconds(42)), ("Sun, 06 Foo 1994 08:49:37 GMT", "1800000042", .seconds(42)),
        ] as [(String, String, Duration)])
    func vendorsClock(date: String, reset: String, expected: Duration) {
        let head = Self.head([("Date", date), ("X-RateLimit-Reset", reset)])
        #expect(RateLimitHeaders(head, now: Self.now).retryAfter == expected)
    }

    @Test(
        "Nothing left of the window is told with the time until it closes",
        arguments: [
            ("0", "1800000042", .seconds(42)), ("1", "1800000042", nil), ("0", "1800000000", nil),
            ("0", "1799999990", nil), ("none", "1800000042", nil), ("0", "later", nil),
        ] as [(String, String, Duration?)])
    func spent(remaining: String, reset: String, expected: Duration?) {
        let head = Self.head([("X-RateLimit-Remaining", remaining), ("X-RateLimit-Reset", reset)])
        #expect(RateLimitHeaders(head, now: Self.now).spentFor == expected)
    }

    @Test("Of a repeated header the first counts")
    func repeated() {
        let head = Self.head([("Retry-After", "3"), ("Retry-After", "9")])
        #expect(RateLimitHeaders(head, now: Self.now).retryAfter == .seconds(3))
    }
}
