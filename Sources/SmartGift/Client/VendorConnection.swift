import NIOCore
import NIOHTTP1
import NIOSSL
import NIOTLS

/// One connection to the vendor: at most one request on it at a time, and none sent twice.
///
/// A request is written once, in one piece, on a connection that is known to be idle. Whatever happens after that (an end,
/// an error, bytes that nobody asked for) ends the connection and leaves the request in doubt.
final class VendorConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private enum State {
        /// Connected, but not yet secured.
        case opening
        case idle
        /// The request is written.
        case busy(VendorExchange)
        /// The whole answer came; more bytes may still be on their way through the decoder.
        case answered
        case closed
    }

    private let pool: VendorOriginPool
    private let waitsForTLS: Bool
    private var context: ChannelHandlerContext?
    private var state = State.opening
    private var head: HTTPResponseHead?
    private var body: [UInt8] = []
    private var openingDeadline: Scheduled<Void>?
    /// When it last became idle.
    private(set) var idleSince = NIODeadline.now()

    init(pool: VendorOriginPool, waitsForTLS: Bool) {
        self.pool = pool
        self.waitsForTLS = waitsForTLS
    }

    /// Whether a request can be written on it now.
    var isUsable: Bool {
        guard case .idle = state, let context else { return false }
        return context.channel.isActive
    }

    /// Writes a request. Only where ``isUsable``.
    func send(_ exchange: VendorExchange, head: HTTPRequestHead) {
        guard let context else { return }
        state = .busy(exchange)
        exchange.willBeSent(on: self)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(exchange.body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func close() { end("The connection to the vendor was closed.") }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        guard waitsForTLS else { return becomeReady() }
        openingDeadline = context.eventLoop.assumeIsolated().scheduleTask(in: pool.connectTimeout) {
            self.end("No connection to the vendor came about in time.")
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end("The vendor closed the connection without an answer.")
        self.context = nil
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent { becomeReady() }
        context.fireUserInboundEventTriggered(event)
    }

    private func becomeReady() {
        guard case .opening = state else { return }
        openingDeadline?.cancel()
        openingDeadline = nil
        pool.opened(self)
        becomeIdle()
    }

    private func becomeIdle() {
        state = .idle
        idleSince = .now()
        pool.release(self)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .busy(let exchange) = state else { return end("The vendor sent what nobody asked for.") }
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
        case .body(let part):
            body.append(contentsOf: part.readableBytesView.prefix(VendorClient.maximumResponseSize - body.count))
            if body.count == VendorClient.maximumResponseSize {
                answer(exchange, isTruncated: true)
                end("")
            }
        case .end:
            answer(exchange, isTruncated: false)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // Not before: bytes behind the answer must not be taken for the next request's.
        if case .answered = state {
            if head?.isKeepAlive == true, context.channel.isActive { becomeIdle() } else { end("") }
        }
        context.fireChannelReadComplete()
    }

    private func answer(_ exchange: VendorExchange, isTruncated: Bool) {
        guard let head else { return end("The vendor's answer has no head.") }
        state = .answered
        let rateLimit = RateLimitHeaders(head.headers)
        exchange.succeed(
            VendorResponse(
                status: Int(head.status.code), body: body, isTruncated: isTruncated,
                retryAfter: rateLimit.retryAfter, allowanceSpentFor: rateLimit.spentFor,
                location: head.headers.first(name: "Location")
            ).withoutKey(exchange.endpoint.key))
        body = []
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(VendorOriginPool.sentence(for: error))
    }

    func channelInactive(context: ChannelHandlerContext) {
        end("The vendor closed the connection without an answer.")
        context.fireChannelInactive()
    }

    /// Ends the connection, whatever it was doing.
    ///
    /// - Parameter reason: What becomes of a request on it, or of one that waits for it.
    private func end(_ reason: String) {
        let former = state
        if case .closed = former { return }
        state = .closed
        openingDeadline?.cancel()
        openingDeadline = nil
        context?.close(promise: nil)
        if case .busy(let exchange) = former { exchange.fail(reason) }
        if case .opening = former {
            pool.failed(self, reason)
        } else {
            pool.ended(self)
        }
    }
}

extension VendorResponse {
    /// An answer that repeats the key must not carry it into journal and log.
    fileprivate consuming func withoutKey(_ key: String) -> VendorResponse {
        let secret = Array(key.utf8)
        if body.contains(secret) { body = body.replacing(secret, with: Array("…".utf8)) }
        location = location?.replacing(key, with: "…")
        return self
    }
}

extension [UInt8] {
    /// Whether `part`, not empty, stands in it. Every answer is searched, so the first byte is looked for as fast as it goes.
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
