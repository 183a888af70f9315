import NIOCore
import NIOHTTP1
import NIOPosix

/// HTTP/1.1 as a test needs it: a request goes out once, on a connection of its own, and its answer is read to the end.
/// Redirects are not followed.
package enum WebClient {
    package struct Request: Sendable {
        let method: HTTPMethod
        let path: String
        let headers: HTTPHeaders
        let body: ByteBuffer?

        package init(_ method: HTTPMethod, _ path: String, headers: HTTPHeaders = [:], body: ByteBuffer? = nil) {
            (self.method, self.path, self.headers, self.body) = (method, path, headers, body)
        }
    }

    package struct Answer: Sendable {
        package let status: Int
        package let headers: HTTPHeaders
        package var body = ByteBuffer()

        package var text: String { String(buffer: body) }

        package func header(_ name: String) -> String? { headers.first(name: name) }
    }

    /// The connection ended before the whole answer was there.
    struct Cut: Error {}

    private typealias Peer = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

    /// Sends a request to a port of 127.0.0.1.
    ///
    /// - Throws: Also where the connection is cut, or the answer takes longer than `bound`.
    package static func send(
        _ request: Request, to port: Int, within bound: Duration = .seconds(20)
    ) async throws -> Answer {
        guard let answer = try await send([request], to: port, within: bound).first else { throw Cut() }
        return answer
    }

    /// Sends requests on one connection, each after the answer to the one before.
    package static func send(
        _ requests: [Request], to port: Int, within bound: Duration = .seconds(20)
    ) async throws -> [Answer] {
        let peer = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    return try Peer(wrappingChannelSynchronously: channel)
                }
            }
        return try await withThrowingTaskGroup(of: [Answer].self) { group in
            group.addTask {
                try await peer.executeThenClose { inbound, outbound in
                    var parts = inbound.makeAsyncIterator()
                    var answers: [Answer] = []
                    for request in requests {
                        try await write(request, to: outbound, host: "127.0.0.1:\(port)")
                        answers.append(try await read(&parts))
                    }
                    return answers
                }
            }
            group.addTask {
                try await Task.sleep(for: bound)
                throw TimedOut(what: "the answer on port \(port)")
            }
            defer { group.cancelAll() }
            return try await group.next() ?? []
        }
    }

    private static func write(
        _ request: Request, to outbound: NIOAsyncChannelOutboundWriter<HTTPClientRequestPart>, host: String
    ) async throws {
        var headers = request.headers
        if !headers.contains(name: "Host") { headers.add(name: "Host", value: host) }
        if let body = request.body { headers.replaceOrAdd(name: "Content-Length", value: "\(body.readableBytes)") }
        let head = HTTPRequestHead(version: .http1_1, method: request.method, uri: request.path, headers: headers)
        try await outbound.write(.head(head))
        if let body = request.body { try await outbound.write(.body(.byteBuffer(body))) }
        try await outbound.write(.end(nil))
    }

    private static func read(
        _ parts: inout NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator
    ) async throws -> Answer {
        var answer: Answer?
        while let part = try await parts.next() {
            switch part {
            case .head(let head): answer = Answer(status: Int(head.status.code), headers: head.headers)
            case .body(var piece): answer?.body.writeBuffer(&piece)
            case .end: if let answer { return answer }
            }
        }
        throw Cut()
    }
}
