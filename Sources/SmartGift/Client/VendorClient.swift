import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

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
    private let timeout: Duration
    private let pools: NIOLoopBoundBox<Pools>
    private let isShutDown = Atomic(false)

    private struct Pools {
        let limit: Int
        let connectTimeout: Duration
        let trustRoots: NIOSSLTrustRoots
        var byURL: [String: VendorOriginPool] = [:]
    }

    /// Makes a client; it owns connections until ``shutdown()``.
    ///
    /// - Parameters:
    ///   - concurrency: How many requests may be on the way at once to one address, 1 or more; others wait.
    ///   - timeout: The longest that a request may take, from call to the answer's last byte.
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
        self.timeout = timeout
        pools = .makeBoxSendingValue(
            Pools(limit: max(1, concurrency), connectTimeout: min(timeout, .seconds(10)), trustRoots: trustRoots),
            eventLoop: loop)
    }

    /// Closes the connections. Requests on the way end as in doubt, later ones as not sent.
    public func shutdown() async throws {
        isShutDown.store(true, ordering: .sequentiallyConsistent)
        try await loop.submit { [pools] in
            for pool in pools.value.byURL.values { pool.shutDown() }
        }.get()
    }

    /// Sends a sale, once: `POST /pos-sale` (vendor page `sales/create-order`).
    ///
    /// Never throws: whatever happens is an answer. Cancelling the task ends the request; the answer then says whether it
    /// may have been sent.
    ///
    /// - Parameters:
    ///   - body: ``PosSale/body()``.
    ///   - endpoint: Where, and as whom.
    public func submit(_ body: [UInt8], to endpoint: VendorEndpoint) async -> VendorAnswer {
        guard !Task.isCancelled else { return Self.notSent(VendorExchange.stopping) }
        guard endpoint.key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            return Self.notSent("The API key has characters that a request cannot carry.")
        }
        let exchange = VendorExchange(body, to: endpoint)
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                onLoop { self.start(exchange, continuation) }
            }
        } onCancel: {
            onLoop { exchange.cancel() }
        }
    }

    private static func notSent(_ reason: String) -> VendorAnswer {
        .noResponse(mayHaveBeenSent: false, reason: reason)
    }

    private func onLoop(_ body: @escaping @Sendable () -> Void) {
        if loop.inEventLoop { body() } else { loop.execute(body) }
    }

    private func start(_ exchange: VendorExchange, _ continuation: CheckedContinuation<VendorAnswer, Never>) {
        exchange.begin(continuation, on: loop, timeout: timeout)
        guard !exchange.isOver else { return }
        guard !isShutDown.load(ordering: .sequentiallyConsistent) else { return exchange.cancel() }
        do {
            guard let pool = try pool(for: exchange.endpoint.baseURL) else {
                return exchange.fail("The vendor's address is not a URL that a request can go to.")
            }
            pool.submit(exchange)
        } catch {
            exchange.fail(VendorOriginPool.sentence(for: error))
        }
    }

    private func pool(for baseURL: String) throws -> VendorOriginPool? {
        if let pool = pools.value.byURL[baseURL] { return pool }
        guard let origin = VendorOrigin(baseURL: baseURL) else { return nil }
        let pool = try VendorOriginPool(
            origin, on: loop, limit: pools.value.limit, connectTimeout: pools.value.connectTimeout,
            trustRoots: pools.value.trustRoots)
        pools.value.byURL[baseURL] = pool
        return pool
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
