import Synchronization

/// When the worker's loop last made progress: took a turn, or began with the database. Anyone may look, from anywhere,
/// without waiting for the loop.
public final class Pulse: Sendable {
    private let last: Mutex<ContinuousClock.Instant>

    init(at last: ContinuousClock.Instant = .now) { self.last = Mutex(last) }

    /// How long ago that was.
    public var age: Duration { last.withLock { ContinuousClock.now - $0 } }

    /// Whether the loop makes no progress.
    ///
    /// It turns at least every heartbeat. Between two beats it may wait for a database that hangs: to connect (10 s), and
    /// for three answers (30 s each), after which it gives the connection up. That is the database's fault and not the
    /// loop's, and a worker that holds results must not be killed for it. So sick is what shows nothing for longer.
    ///
    /// - Parameter heartbeat: `GIFTBRIDGE_HEARTBEAT`.
    public func isSick(heartbeat: Duration) -> Bool { age > heartbeat * 2 + .seconds(120) }

    /// The loop makes progress.
    func beat() { last.withLock { $0 = .now } }
}
