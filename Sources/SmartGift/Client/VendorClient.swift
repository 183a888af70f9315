import NIOCore
import NIOPosix
import NIOSSL

/// The vendor's API over HTTP/1.1. The only place that POSTs.
///
/// One call is one request: nothing here or below retries, follows a redirect, or sends a second time on a connection that
/// turned out to be dead. A request counts as sent from the moment its first byte is handed to a connection that was idle and
/// alive; before that it certainly was not. Tests/WholeProcess/VendorClient*Tests.swift hold it to that.
package final class VendorClient: Sendable {
    /// Where the client works. A task that prefers it reaches the client without a change of threads.
    package let executor: EventLoopExecutor
    private let loop: any EventLoop
    private let driver: NIOLoopBoundBox<VendorDriver?>

    /// Makes a client that trusts the certificates that the system trusts; it owns connections until ``shutDown()``.
    ///
    /// - Parameter connectTimeout: The longest that a connection may take to come about, from DNS to TLS.
    package convenience init(connectTimeout: Duration = .seconds(10)) {
        self.init(connectTimeout: connectTimeout, trustRoots: .default)
    }

    /// Makes a client that trusts these certificates (PEM), for tests; nil: those that the system trusts.
    package convenience init(
        connectTimeout: Duration = .seconds(10), certificateAuthorities: [UInt8]?
    ) throws {
        let certificates = try certificateAuthorities.map { try NIOSSLCertificate.fromPEMBytes($0) }
        self.init(connectTimeout: connectTimeout, trustRoots: certificates.map { .certificates($0) } ?? .default)
    }

    private init(connectTimeout: Duration, trustRoots: NIOSSLTrustRoots) {
        loop = MultiThreadedEventLoopGroup.singleton.next()
        executor = EventLoopExecutor(loop)
        driver = .makeEmptyBox(eventLoop: loop)
        onLoop { [driver, loop] in
            driver.value = VendorDriver(connectTimeout: connectTimeout, trustRoots: trustRoots, on: loop)
        }
    }

    /// Sends a request, once.
    ///
    /// Never throws: whatever happens is an answer. Cancelling the task ends the request; the answer then says whether it
    /// may have been sent.
    ///
    /// - Parameters:
    ///   - request: What to send, and where.
    ///   - deadline: When it ends at the latest. A request whose deadline is over is not sent any more, also after a pause
    ///     of the whole process.
    package func send(_ request: VendorRequest, by deadline: ContinuousClock.Instant) async -> VendorReply {
        guard loop.inEventLoop else {
            return await withTaskExecutorPreference(executor) { await sendOnLoop(request, by: deadline) }
        }
        return await sendOnLoop(request, by: deadline)
    }

    /// Closes the connections. Requests in flight end as lost; waiting and later ones as not sent.
    package func shutDown() async {
        await withCheckedContinuation { continuation in
            onLoop { [driver] in
                driver.value?.shutDown()
                continuation.resume()
            }
        }
    }

    /// How many requests, connections and origins it holds, for tests.
    package func size() async -> (requests: Int, connections: Int, origins: Int) {
        await withCheckedContinuation { continuation in
            onLoop { [driver] in continuation.resume(returning: driver.value?.size ?? (0, 0, 0)) }
        }
    }

    /// On the loop's thread, so that a cancellation cannot overtake the request that it is for.
    private func sendOnLoop(_ request: VendorRequest, by deadline: ContinuousClock.Instant) async -> VendorReply {
        let since = ContinuousClock.now
        let cancelled = VendorReply(answer: .noResponse(.notSent(.ended("The request was cancelled."))), took: .zero)
        guard let driver = driver.value else { return cancelled }
        let id = driver.nextRequest()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if Task.isCancelled { return continuation.resume(returning: cancelled) }
                driver.begin(id, request, by: deadline, since: since, continuation)
            }
        } onCancel: {
            loop.execute { [driver = self.driver] in driver.value?.cancel(id) }
        }
    }

    private func onLoop(_ body: @escaping @Sendable () -> Void) {
        if loop.inEventLoop { body() } else { loop.execute(body) }
    }
}

/// An event loop as a task executor: tasks that prefer it run on its thread.
package final class EventLoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) { self.loop = loop }

    /// Runs `body` on the loop once it has run what is queued now.
    package func afterTurn(_ body: @escaping @Sendable () -> Void) {
        loop.execute(body)
    }

    /// Runs a job on the loop, in its next turn.
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
