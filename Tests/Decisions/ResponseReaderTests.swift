import Testing

@testable import SmartGift

/// Where a response ends, to the byte.
@Suite("The response reader")
struct ResponseReaderTests {
    static let plain = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
    static let chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nTrailer: t\r\n\r\n"

    /// Reads `text` in parts of `size` bytes; nil: all at once.
    static func read(
        _ text: String, size: Int? = nil, limit: Int = 100
    ) -> (progress: ResponseReader.Progress, reader: ResponseReader) {
        var reader = ResponseReader(limit: limit)
        var progress = ResponseReader.Progress.incomplete
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: size ?? max(1, bytes.count)) {
            progress = bytes[start..<min(start + (size ?? bytes.count), bytes.count)].withUnsafeBytes {
                reader.read($0)
            }
            if case .invalid = progress { break }
        }
        return (progress, reader)
    }

    @Test(
        "A response ends at its last byte, however it comes in pieces",
        arguments: [
            (plain, "hello", .open), (chunked, "hello", .open),
            ("HTTP/1.1 200\r\ncontent-length:\t5 \r\n\r\nhello", "hello", .open),
            ("HTTP/1.1 204 No Content\r\n\r\n", "", .open),
            ("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "", .open),
            ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "", .open),
            ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nContent-Length: 7\r\n\r\n" + plain, "hello", .open),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "hello", .open),
            ("HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 5\r\n\r\nhello", "hello", .no),
            ("HTTP/1.1 200 OK\r\nConnection: x, close\r\nContent-Length: 5\r\n\r\nhello", "hello", .no),
            ("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello", .no),
            ("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello", "hello", .open),
            (
                "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5, max=100\r\nContent-Length: 5\r\n\r\nhello", "hello",
                .seconds(5)
            ),
            (
                "HTTP/1.1 200 OK\r\nkeep-alive: max=1,TIMEOUT=75\r\nContent-Length: 5\r\n\r\nhello", "hello",
                .seconds(75)
            ),
            ("HTTP/1.1 200 OK\r\nKeep-Alive: timeout=soon\r\nContent-Length: 5\r\n\r\nhello", "hello", .seconds(0)),
        ] as [(String, String, VendorPool.KeepAlive)])
    func whole(text: String, body: String, keepAlive: VendorPool.KeepAlive) {
        for size in [nil, 1, 2, 3, 7] {
            let (progress, reader) = Self.read(text, size: size)
            #expect(progress == .complete(leftOver: false), "in parts of \(size ?? 0)")
            #expect(String(decoding: reader.body, as: UTF8.self) == body && !reader.isTruncated)
            #expect(reader.keepAlive == keepAlive)
        }
        #expect(Self.read(String(text.dropLast())).progress == .incomplete)
    }

    @Test("One byte behind a response is seen", arguments: [plain, chunked, "HTTP/1.1 204 No Content\r\n\r\n"])
    func leftOver(text: String) {
        for more in ["H", "\r", "\n", "\0", "HTTP/1.1 2", Self.plain] {
            #expect(Self.read(text + more).progress == .complete(leftOver: true), "\(more)")
        }
    }

    @Test(
        "What is not surely HTTP/1.1 is an error",
        arguments: [
            "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/2.0 200 OK\r\n", "HTTP/1.2 200 OK\r\n", "HTTP/1.1  200\r\n",
            "HTTP/1.1 20\r\n",
            "HTTP/1.1 2000 OK\r\n", "HTTP/1.1 099 OK\r\n", "HTTP/1.1 abc OK\r\n", "HTTP/1.1 101 Switching\r\n\r\n",
            "\r\n",
            "HTTP/1.1 200 OK\n", "HTTP/1.1 200 OK\r\nNo colon\r\n", "HTTP/1.1 200 OK\r\n: x\r\n",
            "HTTP/1.1 200 OK\r\nA : x\r\n", "HTTP/1.1 200 OK\r\nA: x\r\n folded\r\n", "HTTP/1.1 200 OK\r\nA: \0\r\n",
            "HTTP/1.1 200 OK\r\nA: x\rB: y\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n", "HTTP/1.1 200 OK\r\nContent-Length: \r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9999999999999999\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
            "HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: 70_000),
            String(repeating: "HTTP/1.1 102 Processing\r\n\r\n", count: 3000),
        ])
    func invalid(text: String) {
        for size in [nil, 1] {
            guard case .invalid(let reason) = Self.read(text, size: size).progress else {
                Issue.record("\(text.prefix(100)) was read")
                continue
            }
            #expect(reason.hasPrefix("The vendor's answer"))
        }
    }

    @Test("A body without a length ends with the connection, which is not used again")
    func toTheEnd() {
        var (progress, reader) = Self.read("HTTP/1.1 200 OK\r\n\r\nhello")
        #expect(progress == .incomplete)
        progress = reader.end()
        #expect(progress == .complete(leftOver: false) && reader.body.count == 5 && reader.keepAlive == .no)
    }

    @Test(
        "A connection that ends in the middle leaves no answer",
        arguments: [
            ("", "without an answer"), ("H", "before its answer"), ("HTTP/1.1 200 OK\r\n", "before its answer"),
            (String(Self.plain.dropLast()), "before its answer"),
            (String(Self.chunked.dropLast()), "before its answer"),
            ("HTTP/1.1 100 Continue\r\n\r\n", "before its answer"),
        ])
    func cutOff(text: String, words: String) {
        var (_, reader) = Self.read(text)
        guard case .invalid(let reason) = reader.end() else {
            Issue.record("it counts as whole")
            return
        }
        #expect(reason.contains(words))
    }

    @Test("A body beyond the limit is cut off there; one that just fits is whole")
    func limit() {
        for text in [Self.plain, Self.chunked, "HTTP/1.1 200 OK\r\n\r\nhello"] {
            let (progress, reader) = Self.read(text, limit: 4)
            guard case .complete = progress else {
                Issue.record("\(progress)")
                continue
            }
            #expect(reader.isTruncated && reader.body == Array("hell".utf8) && reader.keepAlive == .no)
        }
        #expect(Self.read(Self.plain, limit: 5).reader.isTruncated == false)
    }

    @Test("The headers that count are read, and of a repeated one the first")
    func headers() {
        let (_, reader) = Self.read(
            "HTTP/1.1 429 Too Many\r\nDATE: Sun, 06 Nov 1994 08:49:37 GMT\r\nretry-after: 17\r\nRetry-After: 18\r\n"
                + "X-RateLimit-Limit: 60\r\nX-RateLimit-Remaining:0\r\nX-RateLimit-Reset: 784111800\r\n"
                + "Location:  /x?y \r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n")
        #expect(
            reader.head
                == ResponseHead(
                    status: 429, contentLength: 0, retryAfter: "17", rateLimit: "60", rateLimitRemaining: "0",
                    rateLimitReset: "784111800", date: 784_111_777, location: "/x?y"))
    }
}

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
            (["Retry-After": "Fri, 15 Jan 2027 08:00:17 GMT"], .seconds(17)),
            (["Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"], .zero), (["Retry-After": "21 Oct 2026"], nil),
            (["X-RateLimit-Reset": "1800000042000"], .seconds(42)), (["X-RateLimit-Reset": "42"], .seconds(42)),
            (["X-RateLimit-Reset": "1800000042"], .seconds(42)), (["X-RateLimit-Reset": "1800000000"], .zero),
            (["X-RateLimit-Reset": "1799999000"], .zero), (["X-RateLimit-Reset": "0"], .zero),
            (["X-RateLimit-Reset": "1900000000"], .seconds(900)), (["X-RateLimit-Reset": "later"], nil),
            (["Retry-After": "5", "X-RateLimit-Reset": "1800000042"], .seconds(5)),
            (["Retry-After": "soon", "X-RateLimit-Reset": "1800000042"], .seconds(42)),
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
