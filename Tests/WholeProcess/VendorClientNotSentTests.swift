import SmartGift
import Testing

/// *Not sent* is said only where no complete request reached anybody, and it is said then.
@Suite("The vendor client, when nothing was sent", .serialized, .timeLimit(.minutes(1)))
struct VendorClientNotSentTests {
    /// Whose fault it is that nothing was sent.
    enum Kind { case unreachable, local, ended }

    /// Nil: an answer came, or the request may have been sent.
    static func kind(_ answer: VendorAnswer) -> Kind? {
        guard case .noResponse(.notSent(let notSent)) = answer, !notSent.reason.isEmpty else { return nil }
        return switch notSent {
        case .unreachable: .unreachable
        case .local: .local
        case .ended: .ended
        }
    }

    static func submit(
        to url: String, timeout: Duration = .seconds(10)
    ) async throws -> (kind: Kind?, answer: VendorAnswer, elapsed: Duration) {
        let before = ContinuousClock.now
        let answer = try await VendorClientTests.withClient {
            await $0.submit(Array("{}".utf8), to: VendorEndpoint(baseURL: url, key: "sk_test"), within: timeout)
        }
        return (kind(answer), answer, before.duration(to: .now))
    }

    @Test("A refused connection", arguments: ["http", "https"])
    func refused(scheme: String) async throws {
        let port = try SilentPort(isBlackHole: false)
        let result = try await Self.submit(to: "\(scheme)://127.0.0.1:\(port.port)")
        #expect(result.kind == .unreachable && result.elapsed < .seconds(9), "\(result)")
        #expect("\(result.answer)".contains("Connection refused"))
    }

    @Test("A name that does not exist")
    func unknownName() async throws {
        let result = try await Self.submit(to: "https://name.invalid", timeout: .seconds(5))
        #expect(result.kind == .unreachable && result.elapsed < .seconds(9), "\(result)")
    }

    @Test("A connection that never comes about, in bounded time", arguments: ["http", "https"])
    func blackHole(scheme: String) async throws {
        let port = try SilentPort(isBlackHole: true)
        let result = try await Self.submit(to: "\(scheme)://127.0.0.1:\(port.port)", timeout: .milliseconds(1200))
        #expect(result.kind == .unreachable, "\(result)")
        #expect(
            result.elapsed >= .milliseconds(1190) && result.elapsed < .seconds(6),
            "the port is silent, and the wait bounded")
    }

    @Test(
        "A URL that is none",
        arguments: ["", "nonsense", "ftp://127.0.0.1", "http://", "http://127.0.0.1:65536", "http://127.0.0.1:0"])
    func noURL(url: String) async throws {
        let result = try await Self.submit(to: url, timeout: .seconds(3))
        #expect(result.kind == .unreachable, "\(result)")
    }

    enum NoTLS: CaseIterable { case silence, close, reset, garbage, plainHTTP, alert }

    @Test("A peer that takes the connection but speaks no TLS", arguments: NoTLS.allCases)
    func noTLS(kind: NoTLS) async throws {
        let script = RawPeer.Script(received: { wire, _ in
            switch kind {
            case .silence: break
            case .close: wire.close()
            case .reset: wire.reset()
            case .garbage: wire.send("SSH-2.0-OpenSSH_9.2\r\n")
            case .plainHTTP: wire.answer(VendorClientTests.receipt)
            case .alert: wire.send("\u{15}\u{3}\u{3}\0\u{2}\u{2}\u{28}")  // handshake_failure
            }
        })
        try await RawPeer.run(script) { peer in
            let result = try await Self.submit(to: "https://127.0.0.1:\(peer.port)", timeout: .seconds(2))
            #expect(result.kind == .unreachable, "\(result)")
            #expect(result.elapsed < .seconds(8))
            #expect(peer.record.bytes > 0 && peer.record.requests.isEmpty, "a greeting came, and no request")
        }
    }

    @Test("Cancelled before it began")
    func cancelledBefore() async throws {
        try await RawPeer.run(RawPeer.Script()) { peer in
            try await VendorClientTests.withClient { client in
                let early = Task {
                    while !Task.isCancelled { await Task.yield() }
                    return await client.submit(Array("early".utf8), to: peer.endpoint)
                }
                early.cancel()
                #expect(Self.kind(await early.value) == .ended)
            }
            #expect(peer.record.connections == 0)
        }
    }

    @Test("Cancelled while it connects")
    func cancelledWhileConnecting() async throws {
        let port = try SilentPort(isBlackHole: true)
        try await VendorClientTests.withClient { client in
            let submission = Task {
                await client.submit([1], to: VendorEndpoint(baseURL: port.url, key: "sk_test"), within: .seconds(2))
            }
            while await client.size().connections == 0 { await Task.yield() }
            let before = ContinuousClock.now
            submission.cancel()
            #expect(Self.kind(await submission.value) == .ended)
            #expect(before.duration(to: .now) < .milliseconds(1500))
        }
    }
}
