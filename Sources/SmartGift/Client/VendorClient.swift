import NIOCore
import NIOPosix
import NIOSSL

/// The vendor's API over HTTP/1.1. The only place that POSTs a sale.
///
/// One call is one request: nothing here or below retries, follows a redirect, or sends a second time on a connection that
/// turned out to be dead. A request counts as sent from the moment its first byte is handed to a connection that was idle and
/// alive; before that it certainly was not. Tests/WholeProcess/VendorClient…Tests.swift hold it to that.
public final class VendorClient: Sendable {
    /// The longest answer that is read, in bytes: 100 voucher codes take a tenth of it.
    public static let maximumResponseSize = 64 * 1024

    /// Where the client works. A task that prefers it reaches the client without a change of threads.
    public let executor: EventLoopExecutor
    private let loop: any EventLoop
    private let dispatch: NIOLoopBoundBox<VendorDispatch?>

    /// Makes a client; it owns connections until ``shutdown()``.
    ///
    /// - Parameters:
    ///   - concurrency: How many requests may be on the way at once, 1 or more; others wait for their turn.
    ///   - timeout: The longest that a request may take, from its turn to the answer's last byte.
    public convenience init(concurrency: Int, timeout: Duration) {
        self.init(concurrency: concurrency, timeout: timeout, trustRoots: .default)
    }

    /// Makes a client that trusts these certificates (PEM), for tests; nil: those that the system trusts.
    package convenience init(concurrency: Int, timeout: Duration, certificateAuthorities: [UInt8]?) throws {
        let certificates = try certificateAuthorities.map { try NIOSSLCertificate.fromPEMBytes($0) }
        self.init(
            concurrency: concurrency, timeout: timeout, trustRoots: certificates.map { .certificates($0) } ?? .default)
    }

    private init(concurrency: Int, timeout: Duration, trustRoots: NIOSSLTrustRoots) {
        loop = MultiThreadedEventLoopGroup.singleton.next()
        executor = EventLoopExecutor(loop)
        dispatch = .makeEmptyBox(eventLoop: loop)
        onLoop { [dispatch, loop] in
            dispatch.value = VendorDispatch(
                concurrency: max(1, concurrency), timeout: timeout, trustRoots: trustRoots, on: loop)
        }
    }

    /// Closes the connections. Requests on the way end as in doubt, later ones as not sent.
    public func shutdown() async throws {
        try await loop.submit { [dispatch] in dispatch.value?.shutDown() }.get()
    }

    /// Sends a sale, once: `POST /pos-sale` (vendor page `sales/create-order`).
    ///
    /// Never throws: whatever happens is an answer. Cancelling the task ends the request; the answer then says whether it
    /// may have been sent.
    ///
    /// - Parameters:
    ///   - body: ``PosSale/body()``.
    ///   - endpoint: Where, and as whom.
    ///   - patience: How long it may wait for its turn.
    /// - Returns: The answer, and how long it took from the request's turn on; nil: its turn did not come, because as many
    ///   as there may be were on the way all the time, or it was cancelled before. Nothing was sent then.
    public func submit(
        _ body: [UInt8], to endpoint: VendorEndpoint, patience: Duration
    ) async -> (answer: VendorAnswer, took: Duration)? {
        guard !Task.isCancelled else { return nil }
        guard endpoint.key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            let reason = "The API key has characters that a request cannot carry."
            return (.noResponse(mayHaveBeenSent: false, reason: reason), .zero)
        }
        let exchange = VendorExchange(body, to: endpoint, turnBy: .now + patience)
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                onLoop { [dispatch] in
                    exchange.wait(continuation)
                    dispatch.value?.submit(exchange)
                }
            }
        } onCancel: {
            onLoop { exchange.cancel() }
        }
    }

    /// The vendor said to stop: the turn of what waits for this endpoint does not come. What is on the way stays there.
    public func turnAway(_ endpoint: VendorEndpoint) {
        onLoop { [dispatch] in dispatch.value?.turnAway(endpoint) }
    }

    private func onLoop(_ body: @escaping @Sendable () -> Void) {
        if loop.inEventLoop { body() } else { loop.execute(body) }
    }
}

/// An event loop as a task executor: tasks that prefer it run on its thread.
public final class EventLoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) { self.loop = loop }

    /// Runs `body` on the loop once it has run what is queued now.
    public func afterTurn(_ body: @escaping @Sendable () -> Void) {
        loop.execute(body)
    }

    /// Runs a job on the loop, in its next turn.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

extension Duration {
    /// Whole nanoseconds, saturating.
    var nanoseconds: Int64 {
        let (seconds, overflow) = components.seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : seconds + components.attoseconds / 1_000_000_000
    }
}
