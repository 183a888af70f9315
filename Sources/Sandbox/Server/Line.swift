import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

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
