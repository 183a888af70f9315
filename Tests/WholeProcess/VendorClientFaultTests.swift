import NIOCore
import SmartGift
import Testing

/// What the client claims about *sent* and *not sent*, against what the peer really got.
@Suite("The vendor client, when the line fails", .serialized, .timeLimit(.minutes(1)))
struct VendorClientFaultTests {
    /// Nil where an answer came.
    static func mayHaveBeenSent(_ answer: VendorAnswer?) -> Bool? {
        switch answer {
        case .noResponse(.lost(let reason))? where !reason.isEmpty: true
        case .noResponse(.notSent(let notSent))? where !notSent.reason.isEmpty: false
        default: nil
        }
    }

    /// What a peer can do to a request that it has read.
    enum Fault: CaseIterable {
        case close, reset, halfHead, halfBody, halfBodyReset, halfChunk, garbage, otherProtocol, badLength, twoLengths
        case hugeHead, silence

        var isSilent: Bool { self == .silence }

        @Sendable func strike(_ wire: RawPeer.Wire, _ number: Int, _ request: RawPeer.Request) {
            switch self {
            case .close: wire.close()
            case .reset: wire.reset()
            case .halfHead: wire.send("HTTP/1.1 200 OK\r\nContent-Le")
            case .halfBody: wire.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"order_reference\"")
            case .halfBodyReset: wire.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
            case .halfChunk: wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab")
            case .garbage: wire.send("\0\u{1}\u{2}garbage\r\n\r\n")
            case .otherProtocol: wire.send("SSH-2.0-OpenSSH_9.2\r\n")
            case .badLength: wire.send("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}")
            case .twoLengths: wire.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}")
            case .hugeHead: wire.send("HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: 1_000_000) + "\r\n\r\n")
            case .silence: break
            }
            switch self {
            case .halfHead, .halfBody, .halfChunk, .hugeHead, .garbage, .otherProtocol: wire.close()
            case .halfBodyReset: wire.reset()
            default: break
            }
        }
    }

    @Test(
        "A request that was read and got no whole answer may have been sent, and was: once", arguments: Fault.allCases)
    func afterTheRequest(fault: Fault) async throws {
        let script = RawPeer.Script(request: fault.strike)
        let (answers, record, elapsed) = try await VendorClientTests.exchange(
            ["{}"], timeout: fault.isSilent ? .milliseconds(300) : .seconds(10), script)
        #expect(Self.mayHaveBeenSent(answers.first) == true, "\(answers)")
        #expect(
            record.requests.map(\.text) == ["{}"] && record.connections == 1,
            "the fault struck, and nothing came after it")
        #expect(elapsed < .seconds(8))
        if fault.isSilent { #expect(elapsed >= .milliseconds(300)) }
    }

    /// When the peer ends a connection that was kept alive.
    enum IdleEnd: CaseIterable {
        case closed, reset, closedAsTheNextArrives, resetAsTheNextArrives, closedAfterTheNext, resetAfterTheNext
        var isIdle: Bool { self == .closed || self == .reset }
    }

    @Test(
        "A kept-alive connection that the peer ends: the next POST leaves once or not at all, never twice",
        arguments: IdleEnd.allCases)
    func keptAlive(end: IdleEnd) async throws {
        var script = RawPeer.Script(request: { wire, number, _ in
            switch (end, number) {
            case (.closedAfterTheNext, 2): wire.close()
            case (.resetAfterTheNext, 2): wire.reset()
            default: wire.answer(VendorClientTests.receipt)
            }
            if number == 1, end == .closed { wire.close() }
            if number == 1, end == .reset { wire.channel.eventLoop.execute { wire.reset() } }
        })
        if end == .closedAsTheNextArrives { script.received = { wire, before in if before == 1 { wire.close() } } }
        if end == .resetAsTheNextArrives { script.received = { wire, before in if before == 1 { wire.reset() } } }
        try await RawPeer.run(script) { peer in
            try await VendorClientTests.withClient { client in
                let first = await client.submit(Array("1".utf8), to: peer.endpoint)
                #expect(first == .response(VendorClientTests.ok))
                if end.isIdle { try await peer.wait(for: "the idle connection's end") { $0.open == 0 } }
                let second = await client.submit(Array("2".utf8), to: peer.endpoint)
                if end.isIdle {
                    // On a new connection, lost on the dead one, or noticed before it was written: each true to what the peer got.
                    let got = peer.record.requests.filter { $0.text == "2" }.count
                    if second == .response(VendorClientTests.ok) {
                        #expect(got == 1)
                    } else {
                        #expect(Self.mayHaveBeenSent(second) != nil && got == 0, "\(second)")
                    }
                } else {
                    #expect(Self.mayHaveBeenSent(second) == true)
                    #expect(peer.record.connections == 1, "the second went out on the kept-alive connection")
                }
            }
            let record = peer.record
            #expect(record.requests.filter { $0.text == "1" }.count == 1)
            #expect(record.requests.filter { $0.text == "2" }.count <= 1)
            #expect(record.connections <= 2)
        }
    }

    @Test("A drip of bytes that would never end is ended at the deadline", arguments: ["head", "body", "interim"])
    func drip(part: String) async throws {
        let script = RawPeer.Script(request: { wire, _, _ in
            switch part {
            case "head":
                wire.send("HTTP/1.1 200 OK\r\nX: ")
                wire.drip("x", every: .milliseconds(5))
            case "body":
                wire.send("HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
                wire.drip("x", every: .milliseconds(5))
            default: wire.drip("HTTP/1.1 102 Processing\r\n\r\n", every: .milliseconds(5))
            }
        })
        try await RawPeer.run(script) { peer in
            try await VendorClientTests.withClient { client in
                let before = ContinuousClock.now
                let answer = await client.submit([1], to: peer.endpoint, within: .milliseconds(500))
                let elapsed = before.duration(to: .now)
                #expect(Self.mayHaveBeenSent(answer) == true)
                #expect(elapsed >= .milliseconds(490) && elapsed < .seconds(4))
                #expect(peer.record.dripped > 10, "it dripped all the while")
                try await peer.wait(for: "the connection's end") { $0.open == 0 }
            }
            #expect(peer.record.requests.count == 1)
        }
    }

    @Test("Cancelled after it was sent, it may have been sent, at once")
    func cancelledAfter() async throws {
        try await RawPeer.run(RawPeer.Script()) { peer in
            try await VendorClientTests.withClient { client in
                let submission = Task {
                    await client.submit(Array("1".utf8), to: peer.endpoint, within: .seconds(60))
                }
                try await peer.wait(for: "the request") { $0.requests.count == 1 }
                let before = ContinuousClock.now
                submission.cancel()
                #expect(Self.mayHaveBeenSent(await submission.value) == true)
                #expect(before.duration(to: .now) < .seconds(5))
                try await peer.wait(for: "the connection's end") { $0.open == 0 }
            }
            #expect(peer.record.requests.count == 1)
        }
    }

    @Test("A shutdown with a request on the way leaves it in doubt")
    func shutdown() async throws {
        try await RawPeer.run(RawPeer.Script()) { peer in
            let client = VendorClient()
            async let answer = client.submit(Array("1".utf8), to: peer.endpoint, within: .seconds(60))
            try await peer.wait(for: "the request") { $0.requests.count == 1 }
            await client.shutDown()
            #expect(Self.mayHaveBeenSent(await answer) == true)
            let after = await client.submit(Array("2".utf8), to: peer.endpoint)
            #expect(VendorClientNotSentTests.kind(after) == .ended)
            #expect(peer.record.requests.map(\.text) == ["1"])
        }
    }

    @Test("A peer that stops reading in the middle of a request: it may have been sent")
    func halfARequest() async throws {
        let script = RawPeer.Script(received: { wire, _ in
            wire.channel.setOption(.autoRead, value: false).whenComplete { _ in }
        })
        let (answers, record, elapsed) = try await VendorClientTests.exchange(
            [String(repeating: "x", count: 32_000_000)], timeout: .milliseconds(500), script)
        #expect(Self.mayHaveBeenSent(answers.first) == true)
        #expect(record.requests.isEmpty && record.bytes > 0 && record.connections == 1)
        #expect(elapsed < .seconds(6))
    }
}

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
        let result = try await Self.submit(to: "\(scheme)://127.0.0.1:\(port.port)", timeout: .seconds(3))
        #expect(result.kind == .unreachable, "\(result)")
        #expect(
            result.elapsed >= .milliseconds(990) && result.elapsed < .seconds(6),
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
