import Synchronization

/// When the worker's loop last made progress: took a turn, or began to use the database. It can be read from anywhere without
/// waiting for the loop.
public final class Pulse: Sendable {
    private let last: Mutex<ContinuousClock.Instant>

    init(at last: ContinuousClock.Instant = .now) { self.last = Mutex(last) }

    /// How long ago that was.
    public var age: Duration { last.withLock { ContinuousClock.now - $0 } }

    /// Whether the loop makes no progress.
    ///
    /// The loop takes a turn at least every heartbeat. Between two beats it may wait for a database that hangs: for a connection
    /// (10 s), and for three answers (30 s each), after which it gives up the connection. A worker that holds results must not be
    /// killed because its database hangs, so only a longer time without progress counts as sick.
    ///
    /// - Parameter heartbeat: `GIFTBRIDGE_HEARTBEAT`.
    public func isSick(heartbeat: Duration) -> Bool { age > heartbeat * 2 + .seconds(120) }

    /// Records progress of the loop.
    func beat() { last.withLock { $0 = .now } }
}
