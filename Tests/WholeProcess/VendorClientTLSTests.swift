import Foundation
import NIOSSL
import SmartGift
import Testing

/// TLS, with a peer whose certificate is for `localhost` and 127.0.0.1 and signed by nobody but itself.
@Suite("The vendor client over TLS", .serialized, .timeLimit(.minutes(1)))
struct VendorClientTLSTests {
    private static func submit(
        to host: String, trusting authorities: [UInt8]?, times: Int = 1
    ) async throws -> (answers: [VendorAnswer], record: RawPeer.Record) {
        let script = RawPeer.Script(request: { wire, _, _ in wire.answer(VendorClientTests.receipt) })
        return try await RawPeer.run(script, tls: TestCertificate.server()) { peer in
            let client = try VendorClient(concurrency: 2, timeout: .seconds(10), certificateAuthorities: authorities)
            let endpoint = VendorEndpoint(baseURL: "https://\(host):\(peer.port)", key: "sk_test")
            var answers: [VendorAnswer] = []
            for number in 0..<times { answers.append(await client.submit(Array("\(number)".utf8), to: endpoint)) }
            try await client.shutdown()
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
        guard case .noResponse(mayHaveBeenSent: false, let reason)? = answers.first else {
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
            let client = try VendorClient(
                concurrency: 1, timeout: .milliseconds(300), certificateAuthorities: TestCertificate.pem)
            let endpoint = VendorEndpoint(baseURL: "https://127.0.0.1:\(peer.port)", key: "sk_test")
            let thread = await Task(executorPreference: client.executor) {
                var signals = sigset_t()
                sigemptyset(&signals)
                sigaddset(&signals, SIGUSR2)
                pthread_sigmask(SIG_UNBLOCK, &signals, nil)
                return pthread_self()
            }.value
            async let answer = client.submit([1], to: endpoint)
            try await peer.wait(for: "the connection") { $0.connections == 1 }
            pthread_kill(thread, SIGUSR2)
            standsStill.signal()
            #expect(VendorClientFaultTests.mayHaveBeenSent(await answer) == false)
            try await client.shutdown()
            #expect(peer.record.requests.isEmpty)
        }
    }

    @Test("A certificate of somebody else: nothing is sent", arguments: ["127.0.0.2", "ip6-localhost", "localhost."])
    func otherName(host: String) async throws {
        let (answers, record) = try await Self.submit(to: host, trusting: TestCertificate.pem)
        #expect(VendorClientFaultTests.mayHaveBeenSent(answers.first) == false, "\(answers)")
        #expect(record.requests.isEmpty)
    }
}

/// A certificate for `localhost` and 127.0.0.1 until 2126, and its key, which protects nothing.
private enum TestCertificate {
    static var pem: [UInt8] { Array(certificate.utf8) }

    static func server() throws -> NIOSSLContext {
        try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: [.certificate(NIOSSLCertificate(bytes: pem, format: .pem))],
                privateKey: .privateKey(NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem))))
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
