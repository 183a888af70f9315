import NIOCore

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
