import NIOCore
import NIOPosix

/// Connections to an HTTP server that never get to the point: each begins a request and then sends a byte at a time.
struct SlowClients: Sendable {
    let channels: [any Channel]

    /// Opens them while `body` runs.
    ///
    /// - Parameters:
    ///   - beginning: What each sends at once.
    ///   - interval: How often each sends a byte more.
    static func run(
        _ count: Int, port: Int, beginning: String, interval: TimeAmount = .seconds(1),
        _ body: (SlowClients) async throws -> Void
    ) async throws {
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        var channels: [any Channel] = []
        for _ in 0..<count {
            let channel = try await bootstrap.connect(host: "127.0.0.1", port: port).get()
            channels.append(channel)
            channel.writeAndFlush(ByteBuffer(string: beginning), promise: nil)
            channel.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { task in
                guard channel.isActive else { return task.cancel() }
                channel.writeAndFlush(ByteBuffer(string: "x"), promise: nil)
            }
        }
        defer { for channel in channels { channel.close(promise: nil) } }
        try await body(SlowClients(channels: channels))
    }
}
