import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The connections to one address of the vendor's, and the requests that wait for one. Used only on its event loop.
final class VendorOriginPool {
    /// A server closes what is idle after a while (nginx after 75 s): whoever closes first is not surprised.
    private static let idleLimit = TimeAmount.seconds(20)

    let connectTimeout: TimeAmount
    private let origin: VendorOrigin
    private let loop: NIOIsolatedEventLoop
    private let limit: Int
    private let tls: NIOSSLContext?
    /// The one that became idle last is used first, so that those too many grow old.
    private var idle: [VendorConnection] = []
    /// Those that are connected, secured or not yet.
    private var connected: [ObjectIdentifier: VendorConnection] = [:]
    /// Those that are not yet connected, or not yet secured.
    private var opening = 0
    /// Those that are not yet connected.
    private var connecting = 0
    private var waiting = CircularBuffer<VendorExchange>()
    private var sweep: Scheduled<Void>?
    private var isShutDown = false

    /// - Parameters:
    ///   - limit: The most connections at once.
    ///   - connectTimeout: The longest that one may take to come about.
    ///   - trustRoots: Whose certificates count.
    /// - Throws: `NIOSSLError` where the system's certificates cannot be had.
    init(
        _ origin: VendorOrigin, on loop: any EventLoop, limit: Int, connectTimeout: Duration,
        trustRoots: NIOSSLTrustRoots
    ) throws {
        self.origin = origin
        self.loop = loop.assumeIsolated()
        self.limit = limit
        self.connectTimeout = .nanoseconds(connectTimeout.nanoseconds)
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = trustRoots
        tls = origin.isSecure ? try NIOSSLContext(configuration: configuration) : nil
    }

    /// Sends a request as soon as a connection is free for it.
    func submit(_ exchange: VendorExchange) {
        while let connection = idle.popLast() {
            guard connection.isUsable else { continue }
            connection.send(exchange, head: head(for: exchange))
            return
        }
        waiting.append(exchange)
        openAsManyAsNeeded()
    }

    func shutDown() {
        isShutDown = true
        sweep?.cancel()
        while let exchange = waiting.popFirst() { exchange.cancel() }
        for connection in connected.values { connection.close() }
    }

    private func head(for exchange: VendorExchange) -> HTTPRequestHead {
        HTTPRequestHead(
            version: .http1_1, method: .POST, uri: origin.target,
            headers: [
                "Host": origin.authority, "Smart-Auth": exchange.endpoint.key, "Content-Type": "application/json",
                "Accept": "application/json", "User-Agent": "giftbridge",
                "Content-Length": "\(exchange.body.readableBytes)",
            ])
    }

    // MARK: - What connections report

    /// A connection has come about.
    func opened(_ connection: VendorConnection) {
        opening -= 1
    }

    /// A connection is free.
    func release(_ connection: VendorConnection) {
        while let exchange = waiting.popFirst() {
            exchange.giveUpIfLate()
            guard !exchange.isOver else { continue }
            return connection.send(exchange, head: head(for: exchange))
        }
        if isShutDown { return connection.close() }
        idle.append(connection)
        sweepLater()
    }

    /// A connection came to nothing; nothing was sent on it.
    func failed(_ connection: VendorConnection, _ reason: String) {
        connected[ObjectIdentifier(connection)] = nil
        attemptFailed(reason)
    }

    /// A connection that had come about has ended.
    func ended(_ connection: VendorConnection) {
        connected[ObjectIdentifier(connection)] = nil
        idle.removeAll { $0 === connection }
        openAsManyAsNeeded()
    }

    // MARK: - Opening

    /// One connection for each request that waits, up to the limit.
    private func openAsManyAsNeeded() {
        if opening < waiting.count { waiting.removeAll(where: \.isOver) }
        while !isShutDown, opening < waiting.count, connecting + connected.count < limit { openOne() }
    }

    private func openOne() {
        opening += 1
        connecting += 1
        ClientBootstrap(group: loop.nonisolated())
            .connectTimeout(connectTimeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connect(host: origin.host, port: origin.port)
            .assumeIsolated()
            .whenComplete { result in
                self.connecting -= 1
                switch result {
                case .success(let channel): self.take(channel)
                case .failure(let error): self.attemptFailed(Self.sentence(for: error))
                }
            }
    }

    private func take(_ channel: any Channel) {
        let connection = VendorConnection(pool: self, waitsForTLS: tls != nil)
        connected[ObjectIdentifier(connection)] = connection
        do {
            let pipeline = channel.pipeline.syncOperations
            if let tls {
                try pipeline.addHandler(
                    NIOSSLClientHandler(context: tls, serverHostname: origin.isAddress ? nil : origin.host))
            }
            try pipeline.addHandlers([
                HTTPRequestEncoder(), ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .dropBytes)),
                connection,
            ])
        } catch {
            connected[ObjectIdentifier(connection)] = nil
            channel.close(promise: nil)
            attemptFailed(Self.sentence(for: error))
        }
        if isShutDown { connection.close() }
    }

    /// Whoever has waited longest is told: one attempt for one request.
    private func attemptFailed(_ reason: String) {
        opening -= 1
        while let exchange = waiting.popFirst() {
            guard !exchange.isOver else { continue }
            exchange.fail(reason)
            break
        }
        openAsManyAsNeeded()
    }

    /// One sentence without data, for a person.
    static func sentence(for error: any Error) -> String {
        switch error {
        case ChannelError.connectTimeout: return "No connection to the vendor came about in time."
        case let error as NIOConnectionError where error.dnsAError != nil && error.dnsAAAAError != nil:
            return "The vendor's name cannot be resolved."
        case let error as NIOConnectionError:
            let causes = Set(error.connectionErrors.map { sentence(for: $0.error) })
            return causes.sorted().first ?? "No connection to the vendor came about."
        case let error as IOError:
            return "The connection to the vendor failed: \(String(cString: strerror(error.errnoCode)))."
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError:
            return "The connection to the vendor cannot be secured: \(String(describing: error).prefix(200))."
        case is HTTPParserError, is NIOHTTPDecoderError:
            return "The vendor's answer is not HTTP: \(String(describing: error).prefix(200))."
        default: return "The connection to the vendor failed: \(String(describing: error).prefix(200))."
        }
    }

    // MARK: - Idle connections

    private func sweepLater() {
        guard sweep == nil else { return }
        sweep = loop.scheduleTask(in: Self.idleLimit) {
            self.sweep = nil
            for connection in self.idle where connection.idleSince + Self.idleLimit <= .now() { connection.close() }
            if !self.idle.isEmpty { self.sweepLater() }
        }
    }
}
