import Foundation
import NIOCore
import NIOSSL
import SmartGift
import TestSupport
import Testing

/// A connection carries the next request only where it is certain that its answer will be the next thing on it.
@Suite("The vendor client, before it uses a connection again", .serialized, .timeLimit(.minutes(1)))
struct VendorClientReuseTests {
    static func answer(_ body: String, _ header: String = "") -> String {
        "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\(header)\r\n\(body)"
    }

    static func own(_ text: String) -> VendorAnswer {
        .response(VendorResponse(status: 200, body: Array("own\(text)".utf8)))
    }

    /// Sends sales 1 to `count` one after another; each has to get its own answer.
    static func submit(_ count: Int, _ client: VendorClient, _ peer: RawPeer) async {
        for number in 1...count {
            let answer = await client.submit(Array("\(number)".utf8), to: peer.endpoint)
            #expect(answer == own("\(number)"))
        }
    }

    @Test(
        "Of a second answer, what comes with the first is noticed, however little it is, and the next sale gets its own",
        arguments: [1, 9, 38, 43])
    func secondAnswer(size: Int) async throws {
        let second = Self.answer("alien")
        let script = RawPeer.Script(request: { wire, number, request in
            if wire.connection == 1 {
                if number > 1 { wire.send(String(second.dropFirst(size))) }
                wire.send(Self.answer("own\(request.text)") + second.prefix(size))
            } else {
                wire.send(Self.answer("own\(request.text)"))
            }
        })
        try await RawPeer.run(script) { peer in
            try await VendorClientTests.withClient { await Self.submit(3, $0, peer) }
            #expect(peer.record.requests.map(\.connection) == [1, 2, 2])
        }
    }

    @Test("An accepted answer without one of the order's codes is the answer, and its connection is not used again")
    func answerWithoutTheCode() async throws {
        let script = RawPeer.Script(request: { wire, _, request in
            wire.answer("codes \(request.text)", status: request.text == "REFUSED" ? 422 : 200)
        })
        try await RawPeer.run(script) { peer in
            try await VendorClientTests.withClient { client in
                // What is sent stands in the answer; the order's codes do not always.
                for (sent, codes) in [
                    ("A", ["A"]), ("B", ["B", "C"]), ("REFUSED", ["D"]), ("E", []), ("F", ["F", "F"]),
                ] {
                    let request = VendorRequest(
                        .sale(Array(sent.utf8)), to: peer.endpoint, echo: codes.map { Array($0.utf8) })
                    let reply = await client.send(request, by: .now + .seconds(10))
                    guard case .response(let response) = reply.answer else {
                        Issue.record("no answer")
                        return
                    }
                    #expect(String(decoding: response.body, as: UTF8.self) == "codes \(sent)")
                }
            }
            #expect(peer.record.requests.map(\.connection) == [1, 1, 2, 2, 2])
        }
    }

    @Test("A byte that comes while a connection is idle closes it", arguments: ["\n", "H", answer("alien")])
    func byteWhileIdle(bytes: String) async throws {
        let (wires, continuation) = AsyncStream.makeStream(of: RawPeer.Wire.self)
        let script = RawPeer.Script(request: { wire, _, request in
            wire.send(Self.answer("own\(request.text)"))
            continuation.yield(wire)
        })
        try await RawPeer.run(script) { peer in
            try await VendorClientTests.withClient { client in
                for number in 1...3 {
                    let answer = await client.submit(Array("\(number)".utf8), to: peer.endpoint)
                    #expect(answer == Self.own("\(number)"))
                    await wires.first { _ in true }?.send(bytes)
                    try await peer.wait(for: "the connection's end") { $0.open == 0 }
                }
            }
            #expect(peer.record.requests.map(\.connection) == [1, 2, 3])
        }
    }

    @Test("An answer while the request is still being written is the answer, and the connection is not used again")
    func earlyAnswer() async throws {
        let script = RawPeer.Script(
            received: { wire, _ in
                guard wire.connection == 1 else { return }
                wire.channel.setOption(.autoRead, value: false).whenComplete { _ in }
                wire.answer("{}", status: 413)
            },
            request: { wire, _, request in wire.send(Self.answer("own\(request.text)")) })
        try await RawPeer.run(script) { peer in
            try await VendorClientTests.withClient { client in
                let long = [UInt8](repeating: UInt8(ascii: "x"), count: 32_000_000)
                let first = await client.submit(long, to: peer.endpoint)
                #expect(first == .response(VendorResponse(status: 413, body: Array("{}".utf8))))
                let second = await client.submit(Array("2".utf8), to: peer.endpoint)
                #expect(second == Self.own("2"))
            }
            #expect(peer.record.requests.map(\.connection) == [2])
        }
    }

    @Test("A connection that the vendor closes soon is closed before, or at once", arguments: [0, 1, 2])
    func keepAliveHint(seconds: Int) async throws {
        let script = RawPeer.Script(request: { wire, _, request in
            wire.send(Self.answer("own\(request.text)", "Keep-Alive: timeout=\(seconds), max=100\r\n"))
        })
        try await RawPeer.run(script) { peer in
            try await VendorClientTests.withClient { client in
                await Self.submit(2, client, peer)
                #expect(peer.record.connections == (seconds < 2 ? 2 : 1))
                // Without the hint it would be kept for 20 s.
                try await peer.wait(for: "the connections' end") { $0.open == 0 }
            }
        }
    }

    @Test("A sale that prefers a fresh connection gets one")
    func fresh() async throws {
        let script = RawPeer.Script(request: { wire, _, request in wire.send(Self.answer("own\(request.text)")) })
        try await RawPeer.run(script) { peer in
            try await VendorClientTests.withClient { client in
                for (text, fresh) in [("1", false), ("2", true), ("3", false)] {
                    let answer = await client.submit(Array(text.utf8), to: peer.endpoint, fresh: fresh)
                    #expect(answer == Self.own(text))
                }
            }
            #expect(Array(peer.record.requests.map(\.connection).prefix(2)) == [1, 2] && peer.record.connections == 2)
        }
    }

    @Test("What is not used any more is forgotten")
    func forgotten() async throws {
        let script = RawPeer.Script(request: { wire, _, request in
            wire.send(Self.answer("own\(request.text)", "Keep-Alive: timeout=2\r\n"))
        })
        try await RawPeer.run(script) { peer in
            try await VendorClientTests.withClient { client in
                await Self.submit(1, client, peer)
                #expect(await client.size() == (0, 1, 1))
                try await peer.wait(for: "the connection's end") { $0.open == 0 }
                #expect(await client.size() == (0, 0, 0))
            }
        }
    }

    @Test("The lists are asked for with GET and without a body")
    func lists() async throws {
        let list = String(repeating: " ", count: 100_000) + "[1]"
        let script = RawPeer.Script(request: { wire, _, _ in wire.send(Self.answer(list)) })
        try await RawPeer.run(script) { peer in
            try await VendorClientTests.withClient { client in
                for kind in [VendorRequest.Kind.paymentMethods, .vouchers] {
                    let reply = await client.send(VendorRequest(kind, to: peer.endpoint), by: .now + .seconds(10))
                    guard case .response(let response) = reply.answer else {
                        Issue.record("\(reply)")
                        continue
                    }
                    #expect(response.listedIDs == [1] && reply.took < .seconds(10))
                }
            }
            let requests = peer.record.requests
            #expect(requests.map { $0.head.first } == ["GET /payment-methods HTTP/1.1", "GET /vouchers HTTP/1.1"])
            #expect(
                requests.allSatisfy { $0.values("Content-Length").isEmpty && $0.values("Smart-Auth") == ["sk_test"] })
        }
    }
}

/// TLS, with a peer whose certificate is for `localhost` and 127.0.0.1 and self-signed.
@Suite("The vendor client over TLS", .serialized, .timeLimit(.minutes(1)))
struct VendorClientTLSTests {
    private static func submit(
        to host: String, trusting authorities: [UInt8]?, times: Int = 1, newest: TLSVersion? = nil,
        server: NIOSSLContext? = nil
    ) async throws -> (answers: [VendorAnswer], record: RawPeer.Record) {
        let script = RawPeer.Script(request: { wire, _, _ in wire.answer(VendorClientTests.receipt) })
        return try await RawPeer.run(script, tls: server ?? TestCertificate.server(newest: newest)) { peer in
            let client = try VendorClient(certificateAuthorities: authorities)
            let endpoint = VendorEndpoint(baseURL: "https://\(host):\(peer.port)", key: "sk_test")
            var answers: [VendorAnswer] = []
            for number in 0..<times { answers.append(await client.submit(Array("\(number)".utf8), to: endpoint)) }
            await client.shutDown()
            return (answers, peer.record)
        }
    }

    @Test("A certificate that is trusted and names the host", arguments: ["localhost", "127.0.0.1"])
    func trusted(host: String) async throws {
        let (answers, record) = try await Self.submit(to: host, trusting: TestCertificate.pem, times: 3)
        #expect(answers == Array(repeating: .response(VendorClientTests.ok), count: 3))
        #expect(record.requests.map(\.text) == ["0", "1", "2"] && record.connections == 1)
    }

    @Test("A certificate that the system does not trust: nothing is sent, and the reason says what is wrong")
    func untrusted() async throws {
        let (answers, record) = try await Self.submit(to: "localhost", trusting: nil)
        guard case .noResponse(.notSent(.unreachable(let reason)))? = answers.first else {
            Issue.record("\(answers)")
            return
        }
        #expect(reason.contains("cannot be secured") && reason.contains("CERTIFICATE_VERIFY_FAILED"), "\(reason)")
        #expect(record.connections == 1 && record.requests.isEmpty)
    }

    /// As after a SIGSTOP: the client's thread stands still while it waits for its sockets, and sees the connection secured
    /// before it sees that the request's time is over. Some runs have the peer on that thread, which then proves nothing.
    @Test("A connection that comes too late gets no request", arguments: 1...4)
    func late(run: Int) async throws {
        signal(SIGUSR2) { _ in usleep(500_000) }
        let standsStill = DispatchSemaphore(value: 0)
        let script = RawPeer.Script(connected: { _ in _ = standsStill.wait(timeout: .now() + 10) })
        try await RawPeer.run(script, tls: TestCertificate.server()) { peer in
            let client = try VendorClient(certificateAuthorities: TestCertificate.pem)
            let endpoint = VendorEndpoint(baseURL: "https://127.0.0.1:\(peer.port)", key: "sk_test")
            let thread = await Task(executorPreference: client.executor) {
                var signals = sigset_t()
                sigemptyset(&signals)
                sigaddset(&signals, SIGUSR2)
                pthread_sigmask(SIG_UNBLOCK, &signals, nil)
                return pthread_self()
            }.value
            async let answer = client.submit([1], to: endpoint, within: .milliseconds(300))
            try await peer.wait(for: "the connection") { $0.connections == 1 }
            pthread_kill(thread, SIGUSR2)
            standsStill.signal()
            #expect(VendorClientNotSentTests.kind(await answer) == .ended)
            await client.shutDown()
            #expect(peer.record.requests.isEmpty)
        }
    }

    @Test("TLS 1.2 is spoken, and nothing older", arguments: [(TLSVersion.tlsv12, true), (.tlsv11, false)])
    func versions(newest: TLSVersion, isSpoken: Bool) async throws {
        let (answers, record) = try await Self.submit(to: "localhost", trusting: TestCertificate.pem, newest: newest)
        #expect((answers == [.response(VendorClientTests.ok)]) == isSpoken, "\(answers)")
        #expect(answers.first.map { VendorClientNotSentTests.kind($0) } == .some(isSpoken ? nil : .unreachable))
        #expect(record.connections == 1 && record.requests.count == (isSpoken ? 1 : 0))
    }

    private static let openssl = Tool("openssl", package: "openssl", paths: ["/usr/bin/openssl"])

    /// With a certificate for RSA, which alone allows a key exchange without forward secrecy.
    @Test(
        "A key exchange without forward secrecy is refused", .enabled(if: openssl.isTested),
        arguments: [("ECDHE-RSA-AES128-GCM-SHA256", true), ("AES128-GCM-SHA256", false), ("AES256-SHA", false)])
    func forwardSecrecy(cipher: String, isSpoken: Bool) async throws {
        let made = try await RunningProcess.run(
            [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=vendor.test", "-addext",
                "subjectAltName=DNS:localhost", "-keyout", "-", "-out", "-",
            ], program: try Self.openssl.required()
        ) { try await $0.end(within: .seconds(30)) }.outcome
        let lines = made.output
        let keyEnd = try #require(lines.firstIndex { $0.hasPrefix("-----END") && $0.contains("PRIVATE KEY") })
        let keyStart = try #require(lines.firstIndex { $0.hasPrefix("-----BEGIN") && $0.contains("PRIVATE KEY") })
        let start = try #require(lines.firstIndex { $0.hasPrefix("-----BEGIN CERTIFICATE") })
        let end = try #require(lines.firstIndex { $0.hasPrefix("-----END CERTIFICATE") })
        let pem = Array((lines[start...end].joined(separator: "\n") + "\n").utf8)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(try NIOSSLCertificate(bytes: pem, format: .pem))],
            privateKey: .privateKey(
                try NIOSSLPrivateKey(
                    bytes: Array((lines[keyStart...keyEnd].joined(separator: "\n") + "\n").utf8), format: .pem)))
        configuration.maximumTLSVersion = .tlsv12
        configuration.cipherSuites = cipher
        let (answers, record) = try await Self.submit(
            to: "localhost", trusting: pem, server: NIOSSLContext(configuration: configuration))
        #expect(
            answers.first.map { VendorClientNotSentTests.kind($0) } == .some(isSpoken ? nil : .unreachable),
            "\(answers)")
        #expect(record.connections == 1 && record.requests.count == (isSpoken ? 1 : 0))
    }

    @Test("A certificate of another host: nothing is sent", arguments: ["127.0.0.2", "ip6-localhost", "localhost."])
    func otherName(host: String) async throws {
        let (answers, record) = try await Self.submit(to: host, trusting: TestCertificate.pem)
        #expect(VendorClientFaultTests.mayHaveBeenSent(answers.first) == false, "\(answers)")
        #expect(record.requests.isEmpty)
    }
}

/// A certificate for `localhost` and 127.0.0.1 until 2126, and its key, which protects nothing.
private enum TestCertificate {
    static var pem: [UInt8] { Array(certificate.utf8) }

    /// - Parameter newest: The newest version of TLS that it speaks; nil: any.
    static func server(newest: TLSVersion? = nil) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(try NIOSSLCertificate(bytes: pem, format: .pem))],
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem)))
        configuration.minimumTLSVersion = .tlsv1
        configuration.maximumTLSVersion = newest
        return try NIOSSLContext(configuration: configuration)
    }

    private static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBnzCCAUWgAwIBAgIUVlB83hkOMUVH2OruY5MW0Z1c/lIwCgYIKoZIzj0EAwIw
        FjEUMBIGA1UEAwwLdmVuZG9yLnRlc3QwIBcNMjYxMTIzMDQxNzE4WhgPMjEyNjEw
        MzAwNDE3MThaMBYxFDASBgNVBAMMC3ZlbmRvci50ZXN0MFkwEwYHKoZIzj0CAQYI
        KoZIzj0DAQcDQgAEaQUU8cB/f34obA36Qcy0NLeLzxvRgOijADdx037L6wO9D1W3
        Nrx/g0R0EY2FYX1CwIDNzJ3FAD1zJpPECP0Iy6NvMG0wHQYDVR0OBBYEFHWQy4Xr
        pJHQ5PDtapK09HRswgokMB8GA1UdIwQYMBaAFHWQy4XrpJHQ5PDtapK09HRswgok
        MA8GA1UdEwEB/wQFMAMBAf8wGgYDVR0RBBMwEYIJbG9jYWxob3N0hwR/AAABMAoG
        CCqGSM49BAMCA0gAMEUCIQDqnZ/2ZTttyxjqHXp5xv4B68iqY0tTUBZ78c/YjqDr
        QwIgYdcJhhVH7u8kYGEdjSNiZB0v5Wk3M/peFfiBhta5+8o=
        -----END CERTIFICATE-----
        """
    private static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgcxnHY6l7qUHnreyP
        ccvoME0FKNI3qMOcXhjUi2zn2+mhRANCAARpBRTxwH9/fihsDfpBzLQ0t4vPG9GA
        6KMAN3HTfsvrA70PVbc2vH+DRHQRjYVhfULAgM3MncUAPXMmk8QI/QjL
        -----END PRIVATE KEY-----
        """
}
