import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import TestSupport

/// A TCP peer that does to an HTTP client whatever a test scripts, and counts what really arrived: connections, bytes and
/// complete requests. It knows no HTTP but where a request with Content-Length ends.
final class RawPeer: Sendable {
    /// One complete request.
    struct Request: Sendable {
        /// From 1.
        let connection: Int
        /// The request line and the header lines as they came.
        let head: [String]
        let body: [UInt8]

        /// The values of a header.
        func values(_ name: String) -> [String] {
            head.dropFirst().compactMap { line in
                let parts = line.split(separator: ":", maxSplits: 1)
                guard parts.count == 2, parts[0].lowercased() == name.lowercased() else { return nil }
                return String(parts[1].drop { $0 == " " })
            }
        }
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// What a peer does; by default nothing. Everything is called on the connection's event loop.
    struct Script: Sendable {
        var connected: @Sendable (Wire) -> Void = { _ in }
        /// Bytes came; the second is how many requests were complete before them.
        var received: @Sendable (Wire, Int) -> Void = { _, _ in }
        /// A request is complete; the second is its number, from 1.
        var request: @Sendable (Wire, Int, Request) -> Void = { _, _, _ in }
    }

    /// What arrived.
    struct Record: Sendable {
        var connections = 0
        var open = 0
        var bytes = 0
        var requests: [Request] = []
        /// Parts of a drip that were written.
        var dripped = 0
    }

    private let state = Mutex(Record())
    private let script: Script
    private let server = Mutex<(any Channel)?>(nil)

    private init(_ script: Script) { self.script = script }

    var record: Record { state.withLock { $0 } }
    fileprivate func change(_ body: (inout Record) -> Void) { state.withLock { body(&$0) } }

    /// `http://127.0.0.1:PORT`.
    var url: String { "http://127.0.0.1:\(port)" }
    var port: Int { server.withLock { $0?.localAddress?.port ?? 0 } }

    /// A peer that is there while `body` runs; with `tls` it speaks that.
    static func run<Value: Sendable>(
        _ script: Script, tls: NIOSSLContext? = nil, _ body: (RawPeer) async throws -> Value
    ) async throws -> Value {
        let peer = RawPeer(script)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                    try channel.pipeline.syncOperations.addHandler(Reader(peer))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        peer.server.withLock { $0 = channel }
        do {
            let value = try await body(peer)
            try await channel.close()
            return value
        } catch {
            try? await channel.close()  // The test's own failure is what counts.
            throw error
        }
    }

    /// Waits until what arrived satisfies `condition`.
    func wait(
        for what: String, within bound: Duration = .seconds(10), _ condition: @Sendable (Record) -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + bound
        while !condition(record) {
            guard ContinuousClock.now < deadline else { throw TimedOut(what: "\(what); \(record)") }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    /// One connection, for the script to write to.
    struct Wire: Sendable {
        /// From 1.
        let connection: Int
        let channel: any Channel
        fileprivate let peer: RawPeer

        func send(_ text: String) { channel.writeAndFlush(ByteBuffer(string: text), promise: nil) }

        /// An HTTP answer.
        func answer(_ body: String, status: Int = 200, headers: [String] = []) {
            let lines = ["HTTP/1.1 \(status) Reason", "Content-Length: \(body.utf8.count)"] + headers
            send(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
        }

        func close() { channel.close(promise: nil) }

        /// Closes with a RST instead of a FIN.
        func reset() {
            guard let options = channel as? any SocketOptionProvider else { return }
            options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in channel.close(promise: nil) }
        }

        /// Sends a text every `interval` until the connection ends.
        func drip(_ text: String, every interval: TimeAmount) {
            channel.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: interval) { task in
                guard channel.isActive else { return task.cancel() }
                channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
                peer.change { $0.dripped += 1 }
            }
        }
    }

    /// Finds the requests in one connection's bytes.
    private final class Reader: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let peer: RawPeer
        private var connection = 0
        private var bytes: [UInt8] = []

        init(_ peer: RawPeer) { self.peer = peer }

        private func wire(_ context: ChannelHandlerContext) -> Wire {
            Wire(connection: connection, channel: context.channel, peer: peer)
        }

        func channelActive(context: ChannelHandlerContext) {
            peer.change { record in
                record.connections += 1
                record.open += 1
                connection = record.connections
            }
            peer.script.connected(wire(context))
        }

        func channelInactive(context: ChannelHandlerContext) {
            peer.change { $0.open -= 1 }
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if event as? ChannelEvent == .inputClosed { context.close(promise: nil) }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let part = unwrapInboundIn(data)
            bytes.append(contentsOf: part.readableBytesView)
            peer.change { $0.bytes += part.readableBytes }
            peer.script.received(wire(context), peer.record.requests.count)
            while let request = nextRequest() {
                var number = 0
                peer.change { record in
                    record.requests.append(request)
                    number = record.requests.count
                }
                peer.script.request(wire(context), number, request)
            }
        }

        private func nextRequest() -> Request? {
            let end = Array("\r\n\r\n".utf8)
            guard let head = bytes.firstRange(of: end) else { return nil }
            let lines = String(decoding: bytes[..<head.lowerBound], as: UTF8.self).components("\r\n")
            let request = Request(connection: connection, head: lines, body: [])
            let length = request.values("Content-Length").first.flatMap { Int($0) } ?? 0
            guard bytes.count - head.upperBound >= length else { return nil }
            let body = Array(bytes[head.upperBound..<head.upperBound + length])
            bytes.removeFirst(head.upperBound + length)
            return Request(connection: connection, head: lines, body: body)
        }
    }
}

extension String {
    /// The parts between separators.
    fileprivate func components(_ separator: String) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}

/// A TCP port of this machine to which no connection comes about: refused, or, with its queue full, left without an answer.
final class SilentPort: Sendable {
    struct Failure: Error {}

    let port: Int
    private let descriptors: [Int32]

    var url: String { "http://127.0.0.1:\(port)" }

    /// - Parameter isBlackHole: The kernel drops what asks for a connection; else it refuses.
    init(isBlackHole: Bool) throws {
        let listener = Self.stream()
        var address = Self.loopback(port: 0)
        guard Self.with(&address, { bind(listener, $0, $1) }) == 0, !isBlackHole || listen(listener, 0) == 0 else {
            throw Failure()
        }
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = Self.with(&address) { pointer, _ in getsockname(listener, pointer, &length) }
        port = Int(UInt16(bigEndian: address.sin_port))
        var descriptors = [listener]
        // Nothing accepts them: these fill the queue.
        for _ in 0..<(isBlackHole ? 8 : 0) {
            let filler = Self.stream()
            _ = fcntl(filler, F_SETFL, O_NONBLOCK)
            _ = Self.with(&address) { connect(filler, $0, $1) }
            descriptors.append(filler)
        }
        self.descriptors = descriptors
    }

    deinit {
        for descriptor in descriptors { close(descriptor) }
    }

    private static func stream() -> Int32 {
        socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    }

    private static func loopback(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }

    private static func with(
        _ address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }
}
