import NIOCore
import NIOPosix
import NIOSSL

/// Does what the pool decides: opens, writes, closes, ends, wakes. Used only on the client's event loop.
final class VendorDriver {
    typealias Continuation = CheckedContinuation<VendorReply, Never>

    private struct Pending {
        let bytes: ByteBuffer
        /// The longest answer that is read, in bytes.
        let limit: Int
        let key: String
        let echo: [[UInt8]]
        let since: ContinuousClock.Instant
        let continuation: Continuation
    }

    /// While the machine sleeps the loop's clock stands still and the deadlines' does not: look again after this at most.
    private static let longestNap = Duration.seconds(5)

    private let loop: NIOIsolatedEventLoop
    private let trustRoots: NIOSSLTrustRoots
    private let connectTimeout: Duration
    private var pool: VendorPool
    private var routes = VendorRoutes()
    private var pending: [VendorPool.RequestID: Pending] = [:]
    private var channels: [VendorPool.ConnectionID: VendorChannel] = [:]
    private var tls: EventLoopFuture<NIOSSLContext>?
    private var alarm: Scheduled<Void>?
    private var lastRequest = 0
    /// What the pool has decided and what is still to be done, in this order.
    private var actions = CircularBuffer<VendorPool.Action>()
    private var isPerforming = false

    /// - Parameters:
    ///   - connectTimeout: The longest that a connection may take to come about, from DNS to TLS.
    ///   - trustRoots: Whose certificates count.
    init(connectTimeout: Duration, trustRoots: NIOSSLTrustRoots, on loop: any EventLoop) {
        self.loop = loop.assumeIsolated()
        self.trustRoots = trustRoots
        self.connectTimeout = connectTimeout
        pool = VendorPool(openingLimit: connectTimeout)
    }

    /// How many requests, connections and origins there are.
    var size: (requests: Int, connections: Int, origins: Int) { pool.size }

    /// The number of a request that is about to begin.
    func nextRequest() -> VendorPool.RequestID {
        lastRequest += 1
        return VendorPool.RequestID(number: lastRequest)
    }

    /// Begins a request; `continuation` gets what comes of it.
    func begin(
        _ id: VendorPool.RequestID, _ request: VendorRequest, by deadline: ContinuousClock.Instant,
        since: ContinuousClock.Instant, _ continuation: Continuation
    ) {
        do throws(VendorAnswer.NotSent) {
            let route = try routes.route(to: request.endpoint, at: since)
            pending[id] = Pending(
                bytes: route.bytes(of: request.kind), limit: request.kind.maximumResponseSize,
                key: request.endpoint.key, echo: request.echo, since: since, continuation: continuation)
            handle(.request(id, route.origin, by: deadline, prefersFresh: request.prefersFresh))
        } catch {
            continuation.resume(
                returning: VendorReply(answer: .noResponse(.notSent(error)), took: since.duration(to: .now)))
        }
    }

    /// The request is not wanted any more.
    func cancel(_ id: VendorPool.RequestID) { handle(.cancel(id)) }

    func shutDown() {
        handle(.shutDown)
        alarm?.cancel()
        alarm = nil
    }

    // MARK: - Events and actions

    /// What an action causes at once is decided at once, and done after what was decided before.
    private func handle(_ event: VendorPool.Event) {
        actions.append(contentsOf: pool.handle(event, at: .now))
        guard !isPerforming else { return }
        isPerforming = true
        defer { isPerforming = false }
        while let action = actions.popFirst() { perform(action) }
    }

    private func perform(_ action: VendorPool.Action) {
        switch action {
        case .open(let id, let origin): open(id, origin)
        case .send(let request, let id):
            let isSent = pending[request].flatMap { pending in
                channels[id]?.send(request, pending.bytes, limit: pending.limit)
            }
            if isSent != true { handle(.unwritten(id)) }
        case .close(let id): channels.removeValue(forKey: id)?.close()
        case .end(let request, let outcome): end(request, .noResponse(outcome))
        case .wake(let instant):
            alarm?.cancel()
            let nap = min(ContinuousClock.now.duration(to: instant), Self.longestNap)
            alarm = loop.scheduleTask(in: .nanoseconds(nap.nanoseconds)) {
                self.alarm = nil
                self.handle(.time)
            }
        }
    }

    private func end(_ request: VendorPool.RequestID, _ answer: VendorAnswer) {
        guard let pending = pending.removeValue(forKey: request) else { return }
        pending.continuation.resume(
            returning: VendorReply(answer: answer.withoutKey(pending.key), took: pending.since.duration(to: .now)))
    }

    private func take(_ report: VendorChannel.Report, of id: VendorPool.ConnectionID) {
        switch report {
        case .ready: handle(.connected(id))
        case .failed(let reason):
            channels[id] = nil
            handle(.failed(id, reason))
        case .written: handle(.written(id))
        case .answered(let request, let response, let keepAlive, let leftOver):
            let echo = pending[request]?.echo ?? []
            let isOurs = !(200..<300).contains(response.status) || echo.allSatisfy { response.body.contains($0) }
            end(request, .response(response))
            handle(.answered(id, keepAlive: isOurs ? keepAlive : .no, leftOver: leftOver))
        case .closed(let reason):
            channels[id] = nil
            handle(.closed(id, reason))
        }
    }

    // MARK: - Opening

    private func open(_ id: VendorPool.ConnectionID, _ origin: VendorOrigin) {
        guard origin.isSecure else { return connect(id, origin, tls: nil) }
        context().assumeIsolated().whenComplete { result in
            switch result {
            case .success(let tls): self.connect(id, origin, tls: tls)
            case .failure(let error):
                self.tls = nil  // The next connection tries again.
                let reason = String(describing: error).prefix(200)
                self.handle(.failed(id, .local("The certificates of this machine cannot be loaded: \(reason).")))
            }
        }
    }

    /// One TLS context for all origins. It is loaded when the first connection needs it, on a thread that may wait for files.
    private func context() -> EventLoopFuture<NIOSSLContext> {
        if let tls { return tls }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        // For TLS 1.2; every cipher suite of TLS 1.3 has forward secrecy.
        configuration.cipherSuites = "ECDHE+AESGCM:ECDHE+CHACHA20"
        configuration.trustRoots = trustRoots
        let context = NIOThreadPool.singleton.runIfActive(eventLoop: loop.nonisolated()) { [configuration] in
            try NIOSSLContext(configuration: configuration)
        }
        tls = context
        return context
    }

    private func connect(_ id: VendorPool.ConnectionID, _ origin: VendorOrigin, tls: NIOSSLContext?) {
        ClientBootstrap(group: loop.nonisolated())
            .connectTimeout(.nanoseconds(connectTimeout.nanoseconds))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connect(host: origin.host, port: origin.port)
            .assumeIsolated()
            .whenComplete { result in
                switch result {
                case .success(let channel): self.take(channel, id, origin, tls)
                case .failure(let error): self.handle(.failed(id, VendorFault.notSent(for: error)))
                }
            }
    }

    private func take(
        _ channel: any Channel, _ id: VendorPool.ConnectionID, _ origin: VendorOrigin, _ tls: NIOSSLContext?
    ) {
        let handler = VendorChannel(isSecure: tls != nil) { self.take($0, of: id) }
        channels[id] = handler
        do {
            let pipeline = channel.pipeline.syncOperations
            if let tls {
                try pipeline.addHandler(
                    NIOSSLClientHandler(context: tls, serverHostname: origin.isAddress ? nil : origin.host))
            }
            try pipeline.addHandler(handler)
        } catch {
            channels[id] = nil
            channel.close(promise: nil)
            handle(.failed(id, VendorFault.notSent(for: error)))
        }
    }
}

extension VendorAnswer {
    /// An answer that repeats the key must not carry it into journal and log.
    fileprivate consuming func withoutKey(_ key: String) -> VendorAnswer {
        guard case .response(var response) = self, !key.isEmpty else { return self }
        let secret = Array(key.utf8)
        if response.body.contains(secret) { response.body = response.body.replacing(secret, with: Array("…".utf8)) }
        if let location = response.location { response.location = location.replacing(key, with: "…") }
        return .response(response)
    }
}

extension [UInt8] {
    /// Whether it contains `part`, which is not empty. Every answer is searched, so the search for the first byte must be fast.
    fileprivate func contains(_ part: [UInt8]) -> Bool {
        guard let first = part.first else { return false }
        return withUnsafeBufferPointer { bytes in
            part.withUnsafeBufferPointer { part in
                var start = 0
                while start + part.count <= bytes.count {
                    if bytes[start] == first, bytes[start..<start + part.count].elementsEqual(part) { return true }
                    start += 1
                }
                return false
            }
        }
    }
}

extension Duration {
    /// Whole nanoseconds, saturating.
    var nanoseconds: Int64 {
        let (seconds, overflow) = components.seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : seconds + components.attoseconds / 1_000_000_000
    }
}
