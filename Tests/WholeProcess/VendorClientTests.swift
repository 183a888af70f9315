import Glibc
import NIOCore
import SmartGift
import Testing

/// One call is one request at most, and what the client says of it is what the peer got.
@Suite("The vendor client", .serialized, .timeLimit(.minutes(1)))
struct VendorClientTests {
    static let receipt = #"{"order_reference":"R","voucher_codes":["A"]}"#
    static let ok = VendorResponse(status: 200, body: Array(receipt.utf8))

    /// A client while `body` runs; when this returns it is shut down, and nothing can leave any more.
    static func withClient<Value: Sendable>(_ body: (VendorClient) async throws -> Value) async throws -> Value {
        let client = VendorClient()
        do {
            let value = try await body(client)
            await client.shutDown()
            return value
        } catch {
            await client.shutDown()
            throw error
        }
    }

    /// Submits `bodies` one after another to a peer with `script`; what came of them, and what the peer got, all told.
    static func exchange(
        _ bodies: [String], timeout: Duration = .seconds(10), _ script: RawPeer.Script
    ) async throws -> (answers: [VendorAnswer], record: RawPeer.Record, elapsed: Duration) {
        try await RawPeer.run(script) { peer in
            let before = ContinuousClock.now
            let answers = try await withClient { client in
                var answers: [VendorAnswer] = []
                for body in bodies {
                    answers.append(await client.submit(Array(body.utf8), to: peer.endpoint, within: timeout))
                }
                return answers
            }
            return (answers, peer.record, before.duration(to: .now))
        }
    }

    @Test(
        "A sale is one POST with the three headers, its length and its bytes", arguments: [2, 600, 100_000, 6_000_000])
    func theRequest(size: Int) async throws {
        let body = String(repeating: "é", count: size / 2)
        let (answers, record, _) = try await Self.exchange(
            [body], RawPeer.Script(request: { wire, _, _ in wire.answer(Self.receipt) }))
        #expect(answers == [.response(Self.ok)])
        #expect(record.connections == 1 && record.requests.count == 1)
        let request = try #require(record.requests.first)
        #expect(request.head.first == "POST /pos-sale HTTP/1.1")
        #expect(request.values("Smart-Auth") == ["sk_test"])
        #expect(request.values("Content-Type") == ["application/json"])
        #expect(request.values("Accept") == ["application/json"])
        #expect(request.values("Content-Length") == ["\(size)"])
        #expect(request.values("Transfer-Encoding") == [] && request.values("Expect") == [])
        #expect(request.values("User-Agent") == ["giftbridge"])
        #expect(request.values("Host").count == 1)
        #expect(request.body == Array(body.utf8))
        #expect(record.bytes == request.head.joined(separator: "\r\n").utf8.count + 4 + size, "not a byte more")
    }

    @Test("Sales go over one connection while it lives")
    func keepAlive() async throws {
        let (answers, record, _) = try await Self.exchange(
            ["1", "2", "3"], RawPeer.Script(request: { wire, _, _ in wire.answer(Self.receipt) }))
        #expect(answers == Array(repeating: .response(Self.ok), count: 3))
        #expect(record.connections == 1 && record.requests.map(\.text) == ["1", "2", "3"])
    }

    static let redirects = [300, 301, 302, 303, 304, 307, 308]

    @Test("A redirect is an answer, and its target never receives a request", arguments: redirects)
    func redirect(status: Int) async throws {
        try await RawPeer.run(RawPeer.Script(request: { wire, _, _ in wire.answer(Self.receipt) })) { target in
            let location = target.url + "/pos-sale"
            let script = RawPeer.Script(request: { wire, _, _ in
                wire.answer("", status: status, headers: ["Location: \(location)"])
            })
            let (answers, record, _) = try await Self.exchange(["{}"], script)
            #expect(answers == [.response(VendorResponse(status: status, location: location))])
            #expect(record.requests.count == 1)
            #expect(target.record.connections == 0 && target.record.bytes == 0)
        }
    }

    @Test("A redirect to itself is not followed either", arguments: redirects)
    func redirectToItself(status: Int) async throws {
        let script = RawPeer.Script(request: { wire, _, _ in
            wire.answer("", status: status, headers: ["Location: /pos-sale"])
        })
        let (answers, record, _) = try await Self.exchange(["{}"], script)
        #expect(answers == [.response(VendorResponse(status: status, location: "/pos-sale"))])
        #expect(record.requests.count == 1)
    }

    @Test("1xx before the answer are not the answer", arguments: [1, 3])
    func informational(count: Int) async throws {
        let script = RawPeer.Script(request: { wire, _, _ in
            for _ in 0..<count {
                wire.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
            }
            wire.answer(Self.receipt)
        })
        let (answers, record, _) = try await Self.exchange(["1", "2"], script)
        #expect(answers == [.response(Self.ok), .response(Self.ok)])
        #expect(record.requests.map(\.text) == ["1", "2"])
    }

    @Test("An answer beyond the longest is cut off, and an endless one ends")
    func tooLong() async throws {
        let longest = VendorRequest.Kind.sale([]).maximumResponseSize
        for script in [
            RawPeer.Script(request: { wire, _, _ in wire.answer(String(repeating: "x", count: 1_000_000)) }),
            RawPeer.Script(request: { wire, _, _ in
                wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                wire.drip("2000\r\n" + String(repeating: "x", count: 0x2000) + "\r\n", every: .microseconds(100))
            }),
        ] {
            let (answers, record, elapsed) = try await Self.exchange(["{}"], script)
            let body = [UInt8](repeating: UInt8(ascii: "x"), count: longest)
            #expect(answers == [.response(VendorResponse(status: 200, body: body, isTruncated: true))])
            #expect(record.requests.count == 1 && elapsed < .seconds(9))
        }
        let whole = String(repeating: "x", count: longest)
        let (answers, _, _) = try await Self.exchange(
            ["{}"], RawPeer.Script(request: { wire, _, _ in wire.answer(whole) }))
        #expect(answers == [.response(VendorResponse(status: 200, body: Array(whole.utf8)))])
    }

    @Test("What the vendor asks to wait is read from its headers")
    func retryAfter() async throws {
        let script = RawPeer.Script(request: { wire, _, _ in
            wire.answer("{}", status: 429, headers: ["Retry-After: 17", "X-RateLimit-Reset: 1"])
        })
        let (answers, _, _) = try await Self.exchange(["{}"], script)
        #expect(answers == [.response(VendorResponse(status: 429, body: Array("{}".utf8), retryAfter: .seconds(17)))])
    }

    @Test("An answer that repeats the key does not carry it on")
    func keyIsKept() async throws {
        let script = RawPeer.Script(request: { wire, _, _ in
            wire.answer("bad sk_test!", status: 401, headers: ["Location: https://x/?sk_test"])
        })
        let (answers, _, _) = try await Self.exchange(["{}"], script)
        #expect(
            answers == [.response(VendorResponse(status: 401, body: Array("bad …!".utf8), location: "https://x/?…"))])
    }

    @Test(
        "A key that no header can carry is never sent, and never told",
        arguments: ["sk_SECRET\r\nEvil: 1", "sk_SECRET\u{1}", "sk_SECRET\0"])
    func impossibleKey(key: String) async throws {
        try await RawPeer.run(RawPeer.Script()) { peer in
            let answer = try await Self.withClient {
                await $0.submit([1], to: VendorEndpoint(baseURL: peer.url, key: key))
            }
            #expect(VendorClientNotSentTests.kind(answer) == .local)
            #expect(!"\(answer)".contains("SECRET") && peer.record.bytes == 0)
        }
    }
}

extension RawPeer {
    var endpoint: VendorEndpoint { VendorEndpoint(baseURL: url, key: "sk_test") }
}

extension VendorClient {
    /// Sends a sale.
    func submit(
        _ body: [UInt8], to endpoint: VendorEndpoint, within timeout: Duration = .seconds(10), fresh: Bool = false
    ) async -> VendorAnswer {
        await send(VendorRequest(.sale(body), to: endpoint, prefersFresh: fresh), by: .now + timeout).answer
    }
}

/// What this machine lacks is not called the vendor's fault. In a process of its own, as its limits are changed.
@Suite("The vendor client, where this machine is at fault", .timeLimit(.minutes(1)))
struct VendorClientLocalTests {
    @Test("Without a free descriptor nothing is sent, and the reason says what to do")
    func noDescriptors() async {
        await #expect(processExitsWith: .success) {
            let port = try SilentPort(isBlackHole: false)
            let client = VendorClient()
            let endpoints = ["127.0.0.1", "localhost"].map {
                VendorEndpoint(baseURL: "http://\($0):\(port.port)", key: "sk_test")
            }
            // Whatever the client needs itself is there after this.
            for endpoint in endpoints {
                #expect(VendorClientNotSentTests.kind(await client.submit([1], to: endpoint)) == .unreachable)
            }
            let free = open("/dev/null", O_RDONLY)
            close(free)
            var limit = rlimit(rlim_cur: rlim_t(free), rlim_max: 4096)
            try #require(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
            for endpoint in endpoints {
                let answer = await client.submit([1], to: endpoint)
                #expect(VendorClientNotSentTests.kind(answer) == .local, "\(answer)")
                #expect("\(answer)".contains("file descriptor"), "\(answer)")
            }
        }
    }
}
