import Foundation
import NIOCore
import NIOPosix
import TestSupport
import Testing

/// Connections that are idle or slow, more than the server holds, do not keep the probes away.
@Suite struct SlowClientTests {
    private static let token = "a-token-for-the-tests"
    static let beginnings = [
        "", "GET /healthz HTTP/1.1\r\nX: ",
        "POST /sign-in HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n"
            + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 10000\r\n\r\ntoken=",
    ]

    private static func run(_ body: @Sendable @escaping (StatusFace, _ port: Int) async throws -> Void) async throws {
        let database = try await TestServer.shared.database()
        try await VendorPeer.run { vendor in
            let settings = StatusFace.settings.merging(["GIFTBRIDGE_HTTP_TOKEN": token]) { $1 }
            try await Bridge(database, vendor, settings).run { process in
                let face = try await StatusFace(of: process)
                try await body(face, try #require(URL(string: face.url)?.port))
            }
        }
    }

    @Test(arguments: beginnings) func probesAreAnsweredAtOnce(beginning: String) async throws {
        try await Self.run { face, port in
            try await SlowClients.run(260, port: port, beginning: beginning) { slow in
                #expect(slow.channels.count == 260)
                for path in ["/healthz", "/readyz", "/healthz"] {
                    let start = ContinuousClock.now
                    let answer = try await face.get(path, headers: ["Connection": "close"])
                    #expect(answer.status == 200 && .now - start < .seconds(2), "\(path)")
                }
            }
        }
    }

    /// The first of a connection counts from its beginning, a later one from its first byte.
    @Test(arguments: ["", "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"])
    func aHeadThatTakesLongerThanTenSecondsIsNotWaitedFor(before: String) async throws {
        try await Self.run { _, port in
            let start = ContinuousClock.now
            try await SlowClients.run(
                1, port: port, beginning: before + "GET /healthz HTTP/1.1\r\nX: ", interval: .milliseconds(500)
            ) { slow in
                try await slow.channels[0].closeFuture.get()
                let duration = ContinuousClock.now - start
                #expect(duration > .seconds(9) && duration < .seconds(20))
            }
        }
    }
}

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
