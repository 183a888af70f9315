import Foundation
import NIOSSL
import SmartGift
import Testing

/// TLS, with a peer whose certificate is for `localhost` and 127.0.0.1 and self-signed.
@Suite("The vendor client over TLS", .serialized, .timeLimit(.minutes(1)))
struct VendorClientTLSTests {
    private static func submit(
        to host: String, trusting authorities: [UInt8]?, times: Int = 1, newest: TLSVersion? = nil
    ) async throws -> (answers: [VendorAnswer], record: RawPeer.Record) {
        let script = RawPeer.Script(request: { wire, _, _ in wire.answer(VendorClientTests.receipt) })
        return try await RawPeer.run(script, tls: TestCertificate.server(newest: newest)) { peer in
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
