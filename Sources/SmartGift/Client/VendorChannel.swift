import NIOCore
import NIOSSL
import NIOTLS

/// One connection to the vendor as a handler: a request's bytes out, its answer's bytes in, and what happens in between.
///
/// It knows nothing of the pool's rules, but it counts bytes: those of an answer up to its last, and whether any came that
/// belongs to none. Used only on the client's event loop.
final class VendorChannel: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Report {
        /// A request can be written on it.
        case ready
        /// It ended before it was ready.
        case failed(VendorAnswer.NotSent)
        /// The request's last byte has been handed to the kernel.
        case written
        /// The request's answer came, and perhaps bytes behind it.
        case answered(VendorPool.RequestID, VendorResponse, keepAlive: VendorPool.KeepAlive, leftOver: Bool)
        /// It has ended; what that means for a request on it.
        case closed(String)
    }

    private enum State {
        /// Connected, but not yet secured.
        case securing
        case idle
        case busy(VendorPool.RequestID)
        /// The whole answer has arrived; more bytes may arrive in the same turn of the loop.
        case answered(VendorPool.RequestID, leftOver: Bool)
        case closed
    }

    private let isSecure: Bool
    private let report: (Report) -> Void
    private var context: ChannelHandlerContext?
    private var state: State
    private var reader = ResponseReader(limit: 0)

    /// - Parameters:
    ///   - isSecure: A TLS handler stands before it, and a request waits for its handshake.
    ///   - report: Told what happens, on the loop. It may write the next request meanwhile.
    init(isSecure: Bool, report: @escaping (Report) -> Void) {
        self.isSecure = isSecure
        self.report = report
        state = .securing
    }

    /// Writes a request, once and in one piece.
    ///
    /// - Parameter limit: The longest answer that is read, in bytes.
    /// - Returns: False: the connection has ended, and not one byte was written.
    func send(_ id: VendorPool.RequestID, _ request: ByteBuffer, limit: Int) -> Bool {
        guard case .idle = state, let context, context.channel.isActive else { return false }
        state = .busy(id)
        reader = ResponseReader(limit: limit)
        let isWritten = context.eventLoop.makePromise(of: Void.self)
        isWritten.futureResult.assumeIsolated().whenComplete { result in
            switch result {
            case .success: if case .closed = self.state {} else { self.report(.written) }
            case .failure(let error): self.end(VendorFault.sentence(for: error))
            }
        }
        context.writeAndFlush(wrapOutboundOut(request), promise: isWritten)
        return true
    }

    /// Ends the connection without a report.
    func close() {
        state = .closed
        context?.close(promise: nil)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if !isSecure { becomeReady() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end("The connection to the vendor was closed.")
        self.context = nil
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent { becomeReady() }
        context.fireUserInboundEventTriggered(event)
    }

    private func becomeReady() {
        guard case .securing = state else { return }
        state = .idle
        report(.ready)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch state {
        case .busy(let id):
            let progress = unwrapInboundIn(data).withUnsafeReadableBytes { reader.read($0) }
            switch progress {
            case .incomplete: break
            case .complete(let leftOver): state = .answered(id, leftOver: leftOver)
            case .invalid(let reason): end(reason)
            }
        case .answered(let id, _): state = .answered(id, leftOver: true)
        case .securing, .idle: end("The vendor sent data without a request.")
        case .closed: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // Not before: bytes behind the answer must not be taken for the next request's.
        deliver()
        context.fireChannelReadComplete()
    }

    func channelInactive(context: ChannelHandlerContext) {
        if case .busy(let id) = state {
            switch reader.end() {
            case .complete: state = .answered(id, leftOver: false)
            case .invalid(let reason): end(reason)
            case .incomplete: end("The vendor closed the connection before its answer was complete.")
            }
        }
        deliver()
        end("The vendor closed the connection.")
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        deliver()
        end(VendorFault.sentence(for: error), error)
    }

    /// Reports an answer that is whole.
    private func deliver() {
        guard case .answered(let id, let leftOver) = state else { return }
        state = .idle
        let keepAlive = context?.channel.isActive == true ? reader.keepAlive : .no
        report(.answered(id, reader.response(), keepAlive: keepAlive, leftOver: leftOver))
    }

    /// Ends the connection, whatever it was doing.
    private func end(_ reason: String, _ error: (any Error)? = nil) {
        let former = state
        if case .closed = former { return }
        close()
        if case .securing = former {
            report(.failed(error.map { VendorFault.notSent(for: $0) } ?? .unreachable(reason)))
        } else {
            report(.closed(reason))
        }
    }
}

extension ResponseReader {
    /// The response, once it is complete. Its body moves out.
    mutating func response() -> VendorResponse {
        let rateLimit = RateLimitHeaders(head)
        let (head, body) = (head, takeBody())
        return VendorResponse(
            status: head.status, body: body, isTruncated: isTruncated, retryAfter: rateLimit.retryAfter,
            allowanceSpentFor: rateLimit.spentFor, rateLimit: head.rateLimit.flatMap { Int($0) }, date: head.date,
            location: head.location)
    }
}
