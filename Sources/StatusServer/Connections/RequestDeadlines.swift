import NIOCore

/// Closes a connection whose peer takes too long to say what it wants, or to take the answer.
///
/// It stands before the HTTP decoder, where every byte passes, and is told of whole heads and of answers by ``Exchange``.
final class RequestDeadlines: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What is triggered on the channel as outbound user events.
    enum Exchange: Sendable {
        /// A request's head is there.
        case began
        /// It is answered.
        case ended
    }

    /// How long a request's head may take: from the connection's beginning, later from the head's first byte.
    private let head: TimeAmount
    /// How long the rest may take, its body and its answer.
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
            // Until its next byte it may be silent for as long as the server lets an idle connection be.
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
