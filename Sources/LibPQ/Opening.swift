import CLibPQ
import Logging
import Synchronization

/// Opens one session with libpq's blocking `PQconnectdbParams`, on a thread of its own.
///
/// Blocking, because then names, several hosts, `connect_timeout`, `target_session_attrs` and TLS are exactly
/// libpq's: in its polling mode a name is still looked up blocking, and `connect_timeout` does not hold. The caller
/// continues after result, deadline or cancellation, whichever is first; a thread that is later, perhaps stuck in DNS,
/// ends its unwanted session.
///
/// Follows [`PQconnectdbParams`](https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-PQCONNECTDBPARAMS).
final class Opening: Sendable {
    private enum State {
        case new
        case waiting(CheckedContinuation<Void, Never>)
        case over(Result<Wire, any Error>)
    }

    private let state = Mutex(State.new)
    private let parameters: [(keyword: String, value: String)]
    private let logger: Logger

    init(_ parameters: [(keyword: String, value: String)], logger: Logger) {
        self.parameters = parameters
        self.logger = logger
    }

    /// Waits for the session.
    ///
    /// - Throws: ``ConnectionError/cannotConnect(_:)``, also when `deadline` has passed; `CancellationError`.
    func session(until deadline: ContinuousClock.Instant) async throws -> Wire {
        let alarm = Task {
            // Thrown only when this task is cancelled because the waiting is over.
            try await Task.sleep(until: deadline, clock: .continuous)
            finish(.failure(ConnectionError.cannotConnect("no session in time")))
        }
        defer { alarm.cancel() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { start($0) }
        } onCancel: {
            finish(.failure(CancellationError()))
        }
        return try state.withLock { state in
            guard case .over(let outcome) = state else { throw CancellationError() }
            return try outcome.get()
        }
    }

    private func start(_ continuation: CheckedContinuation<Void, Never>) {
        let isOver = state.withLock { state in
            if case .over = state { return true }
            state = .waiting(continuation)
            return false
        }
        if isOver {
            continuation.resume()
        } else if !DetachedThread.start(name: "libpq opening", { self.finish(self.connect()) }) {
            finish(.failure(ConnectionError.cannotConnect("the system has no thread left")))
        }
    }

    /// Sets the outcome, unless it is set, and resumes the waiter. A session that comes too late ends with its last
    /// reference.
    private func finish(_ outcome: Result<Wire, any Error>) {
        let waiting: CheckedContinuation<Void, Never>? = state.withLock { state in
            if case .over = state { return nil }
            defer { state = .over(outcome) }
            if case .waiting(let continuation) = state { return continuation }
            return nil
        }
        waiting?.resume()
    }

    private func connect() -> Result<Wire, any Error> {
        let keywords = parameters.map { strdup($0.keyword) }
        let values = parameters.map { strdup($0.value) }
        defer { (keywords + values).forEach { free($0) } }
        let pointer = PQconnectdbParams(
            keywords.map { UnsafePointer($0) } + [nil],
            values.map { UnsafePointer($0) } + [nil],
            1
        )
        guard let pointer else { return .failure(ConnectionError.cannotConnect("out of memory")) }
        guard PQstatus(pointer) == CONNECTION_OK else {
            defer { PQfinish(pointer) }
            return .failure(ConnectionError.cannotConnect(String(cString: PQerrorMessage(pointer)).oneLine))
        }
        let wire = Wire(pointer, logger: logger)
        guard wire.becomeNonBlocking() else { return .failure(ConnectionError.cannotConnect(wire.reason)) }
        return .success(wire)
    }
}

/// A plain thread for what blocks: no cooperative thread may.
enum DetachedThread {
    /// Runs `body` on a new thread with SIGPIPE blocked. It ends when `body` returns, and is not joined.
    ///
    /// - Returns: whether the system had a thread left (`pthread_create`).
    static func start(name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
        let context = Unmanaged.passRetained(Body(body))
        let failure = shim_start_thread(
            name,
            { Unmanaged<Body>.fromOpaque($0).takeRetainedValue().run() },
            context.toOpaque()
        )
        if failure != 0 {
            context.release()
        }
        return failure == 0
    }

    private final class Body {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) {
            self.run = run
        }
    }
}
