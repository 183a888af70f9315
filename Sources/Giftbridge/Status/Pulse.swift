import Synchronization

/// When the worker's loop last took a turn. Anyone may look, from anywhere, without waiting for the loop.
public final class Pulse: Sendable {
    private let last = Mutex(ContinuousClock.now)

    /// How long ago the last turn began.
    public var age: Duration { last.withLock { ContinuousClock.now - $0 } }

    /// The loop takes a turn.
    func beat() { last.withLock { $0 = .now } }
}
