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
