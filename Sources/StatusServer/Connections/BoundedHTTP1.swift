import HummingbirdCore
import Logging
import NIOCore

/// HTTP/1.1 over connections that are counted and have deadlines.
struct BoundedHTTP1: ServerChildChannel {
    private let http: HTTP1Channel
    private let connections: OpenConnections

    /// - Parameters:
    ///   - connections: All connections of the server.
    ///   - idleTimeout: How long a connection may wait for its next request.
    ///   - respond: Answers a request.
    init(
        connections: OpenConnections, idleTimeout: TimeAmount = .seconds(60),
        _ respond: @escaping HTTPChannelHandler.Responder
    ) {
        self.connections = connections
        http = HTTP1Channel(
            responder: { [connections] request, writer, channel in
                connections.set(channel, isBusy: true)
                channel.triggerUserOutboundEvent(RequestDeadlines.Exchange.began, promise: nil)
                defer {
                    connections.set(channel, isBusy: false)
                    channel.triggerUserOutboundEvent(RequestDeadlines.Exchange.ended, promise: nil)
                }
                try await respond(request, writer, channel)
            }, configuration: .init(idleTimeout: idleTimeout))
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        connections.add(channel)
        do {
            try channel.pipeline.syncOperations.addHandler(RequestDeadlines(), position: .first)
        } catch {
            return channel.eventLoop.makeFailedFuture(error)
        }
        return http.setup(channel: channel, logger: logger)
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async { await http.handle(value: value, logger: logger) }
}

/// Closes a connection whose peer takes too long to send its request, or to read the answer.
///
/// It comes before the HTTP decoder, where every byte passes. ``Exchange`` events report complete heads and answers.
final class RequestDeadlines: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Outbound user events on the channel.
    enum Exchange: Sendable {
        /// A request's head has arrived.
        case began
        /// The request was answered.
        case ended
    }

    /// Maximum time for a request's head: from the connection's beginning, later from the head's first byte.
    private let head: TimeAmount
    /// Maximum time for the rest: body and answer.
    private let exchange: TimeAmount
    private var deadline: Scheduled<Void>?

    init(head: TimeAmount = .seconds(10), exchange: TimeAmount = .seconds(30)) {
        self.head = head
        self.exchange = exchange
    }

    func handlerAdded(context: ChannelHandlerContext) { close(context, in: head) }

    func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if deadline == nil { close(context, in: head) }
        context.fireChannelRead(data)
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard let event = event as? Exchange else {
            return context.triggerUserOutboundEvent(event, promise: promise)
        }
        switch event {
        case .began:
            close(context, in: exchange)
        case .ended:
            // Until its next byte only the server's idle timeout applies.
            deadline?.cancel()
            deadline = nil
        }
        promise?.succeed()
    }

    private func close(_ context: ChannelHandlerContext, in time: TimeAmount) {
        deadline?.cancel()
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
    }
}
