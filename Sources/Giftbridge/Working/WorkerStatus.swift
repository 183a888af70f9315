import Synchronization

/// What a worker reports about itself: its row in `giftbridge.status`.
struct WorkerStatus: Sendable {
    /// As in `giftbridge.status.state`.
    enum State: String, Sendable {
        case starting, running, draining, stopped
    }

    let host: String
    let pid: Int
    let version: String
    var state = State.starting
    /// Requests in flight.
    var inFlight = 0
    /// Orders since the process started, by the outcome of their attempts.
    var completed = 0
    var rejected = 0
    var retried = 0
    var inDoubt = 0
    var isListening = false
    private(set) var lastError: LastError?

    /// The last thing that went wrong, and when by this process's clock.
    struct LastError: Sendable {
        let text: String
        let at: ContinuousClock.Instant
        /// Seconds since then.
        var age: Double { at.duration(to: .now) / .seconds(1) }
    }

    /// Remembers an error. `text` has no secrets, codes or personal data.
    mutating func note(error text: String) {
        lastError = LastError(text: String(text.prefix(500)), at: .now)
    }

    /// Counts a settled request by the status that its order has now.
    mutating func count(_ result: Settlement, became status: OrderStatus?) {
        switch status ?? result.status {
        case .completed: completed += 1
        case .rejected, .failed: rejected += 1
        case .inDoubt: inDoubt += 1
        case .pending: retried += 1
        case .submitting, .cancelled: break
        }
    }
}

/// When the worker's loop last made progress: took a turn, or began to use the database. It can be read from anywhere without
/// waiting for the loop.
package final class Pulse: Sendable {
    private let last: Mutex<ContinuousClock.Instant>

    init(at last: ContinuousClock.Instant = .now) { self.last = Mutex(last) }

    /// How long ago that was.
    package var age: Duration { last.withLock { ContinuousClock.now - $0 } }

    /// Whether the loop makes no progress.
    ///
    /// The loop takes a turn at least every heartbeat. Between two beats it may wait for a database that hangs: for a connection
    /// (10 s), and for three answers (30 s each), after which it gives up the connection. A worker that holds results must not be
    /// killed because its database hangs, so only a longer time without progress counts as sick.
    ///
    /// - Parameter heartbeat: `GIFTBRIDGE_HEARTBEAT`.
    package func isSick(heartbeat: Duration) -> Bool { age > heartbeat * 2 + .seconds(120) }

    /// Records progress of the loop.
    func beat() { last.withLock { $0 = .now } }
}
