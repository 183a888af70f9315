import LibPQ
import Synchronization

/// Wakes one waiter. Rings while nobody waits are kept as one, so that none gets lost and many coalesce.
final class Doorbell: Sendable {
    private struct State {
        var rang = false
        var waiter: CheckedContinuation<Void, Never>?
        /// Rings at a deadline. It is kept over many waits: one that rings too early costs less than one for each.
        var alarm: (at: ContinuousClock.Instant, alarm: SocketLoop.Alarm)?
    }
    private let state = Mutex(State())
    /// Whose thread rings at a deadline.
    private let loop = SocketLoop.shared

    deinit { state.withLock { $0.alarm.map { loop.cancel($0.alarm) } } }

    /// Wakes the waiter, now or at its next wait.
    func ring() {
        let waiter = state.withLock { state in
            guard let waiter = state.waiter else {
                state.rang = true
                return nil as CheckedContinuation<Void, Never>?
            }
            state.waiter = nil
            return waiter
        }
        waiter?.resume()
    }

    /// Returns once it rang since the last wait, at `deadline`, or now and then before it. One waiter at a time.
    func wait(until deadline: ContinuousClock.Instant) async {
        guard ContinuousClock.now < deadline else { return state.withLock { $0.rang = false } }
        await withCheckedContinuation { continuation in
            let rang = state.withLock { state in
                if state.rang {
                    state.rang = false
                    return true
                }
                state.waiter = continuation
                setAlarm(&state, deadline)
                return false
            }
            if rang { continuation.resume() }
        }
    }

    private func setAlarm(_ state: inout State, _ deadline: ContinuousClock.Instant) {
        if let alarm = state.alarm {
            if alarm.at <= deadline, alarm.at > .now { return }
            loop.cancel(alarm.alarm)
        }
        state.alarm = (deadline, loop.schedule(at: deadline) { [weak self] in self?.ring() })
    }
}
