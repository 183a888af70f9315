import Glibc
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// Turns HTTP requests into visits, and endings into HTTP responses or cut connections.
struct SandboxResponder: HTTPResponder {
    let configuration: SandboxConfiguration
    let vendor: VendorDesk
    let admin: AdminDesk

    func respond(to request: Request, context: SandboxContext) async throws -> Response {
        var request = request
        let path = request.uri.path
        if path == AdminDesk.root || path.hasPrefix(AdminDesk.root + "/") {
            let body = try await request.collectBody(upTo: configuration.largestBody)
            return response(await admin.answer(request, body: body))
        }
        let body = try await vendorBody(of: &request, context)
        let line = Line(request: request, channel: context.channel, logger: context.logger)
        let visit = Visit(request: request, rawBody: body, receivedAt: WallClock.now)
        switch try await vendor.serve(visit, on: line) {
        case .answer(let answer, .whole):
            return response(answer)
        case .answer(let answer, .half):
            return half(answer, line)
        case .answer(let answer, .trickle):
            return trickle(answer)
        case .cut(let isReset):
            if isReset { await line.prepareReset() }
            await line.cut()
            // Hummingbird wants a response; it finds the connection closed and ends.
            return Response(status: .internalServerError)
        }
    }

    /// The whole body; nil where it is too large. A request that ends in the middle is logged and thrown away.
    private func vendorBody(of request: inout Request, _ context: SandboxContext) async throws -> ByteBuffer? {
        do {
            return try await request.collectBody(upTo: configuration.largestBody)
        } catch is NIOTooManyBytesError {
            return nil
        } catch {
            let line = Line(request: request, channel: context.channel, logger: context.logger)
            let visit = Visit(request: request, rawBody: ByteBuffer(), receivedAt: WallClock.now)
            await vendor.noteIncomplete(visit, on: line)
            throw error
        }
    }

    private func head(_ answer: Answer) -> HTTPFields {
        var headers = answer.headers
        headers[.contentType] = answer.contentType
        return headers
    }

    private func response(_ answer: Answer) -> Response {
        Response(
            status: .init(code: answer.status),
            headers: head(answer),
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body))
        )
    }

    private func half(_ answer: Answer, _ line: Line) -> Response {
        let part = ByteBuffer(bytes: answer.body.prefix(answer.body.count / 2))
        let body = ResponseBody(contentLength: answer.body.count) { writer in
            try await writer.write(part)
            await line.cut()
            throw ConnectionCut()
        }
        return Response(status: .init(code: answer.status), headers: head(answer), body: body)
    }

    private func trickle(_ answer: Answer) -> Response {
        let pieces = 10
        let pause = configuration.slowAnswerDuration / pieces
        let size = max(1, (answer.body.count + pieces - 1) / pieces)
        let body = ResponseBody(contentLength: answer.body.count) { writer in
            for start in stride(from: 0, to: answer.body.count, by: size) {
                try await Task.sleep(for: pause)
                let end = min(start + size, answer.body.count)
                try await writer.write(ByteBuffer(bytes: answer.body[start..<end]))
            }
            try await writer.finish(nil)
        }
        return Response(status: .init(code: answer.status), headers: head(answer), body: body)
    }
}

/// What Hummingbird hands to the responder beside the request: here the connection, which faults cut.
struct SandboxContext: InitializableFromSource {
    typealias Source = ApplicationRequestContextSource

    let channel: any Channel
    let logger: Logger

    init(source: ApplicationRequestContextSource) {
        channel = source.channel
        logger = source.logger
    }
}

/// The connection that one request came on.
struct Line: Sendable {
    let request: Request
    let channel: any Channel
    let logger: Logger

    /// The client's port; 0 where unknown.
    var clientPort: Int {
        channel.remoteAddress?.port ?? 0
    }

    /// Waits until the client closes its side, the bound is over or the server shuts down. The connection can serve
    /// no further request: ``cut()`` has to follow.
    func waitUntilClientLeaves(bound: Duration) async {
        do {
            try await request.body.consumeWithCancellationOnInboundClose { _ in
                try await cancelWhenGracefulShutdown { try await Task.sleep(for: bound) }
            }
        } catch {
            logger.debug("A hanging request ended early.", metadata: ["reason": "\(error)"])
        }
    }

    /// Makes the next ``cut()`` a TCP reset: closing a socket that lingers for zero seconds throws it away.
    func prepareReset() async {
        guard let socket = channel as? any SocketOptionProvider else { return }
        do {
            try await socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        } catch {
            logger.debug("The connection was already closed.", metadata: ["reason": "\(error)"])
        }
    }

    /// Closes the connection at once. What was written before has been handed to the kernel.
    func cut() async {
        do {
            try await channel.close()
        } catch {
            logger.debug("The connection was already closed.", metadata: ["reason": "\(error)"])
        }
    }
}

/// Thrown from an answer's body, so that Hummingbird knows that the connection was closed intentionally.
struct ConnectionCut: Error {}
