import Synchronization

/// Wakes one waiter. Rings while nobody waits are kept as one, so that none gets lost and many coalesce.
final class Doorbell: Sendable {
    private struct State {
        var rang = false
        var waiter: CheckedContinuation<Void, Never>?
        /// Rings at a deadline. It is kept over many waits: one that rings too early costs less than one for each.
        var alarm: (at: ContinuousClock.Instant, task: Task<Void, any Error>)?
    }
    private let state = Mutex(State())

    deinit { state.withLock { $0.alarm?.task.cancel() } }

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
            alarm.task.cancel()
        }
        state.alarm = (
            deadline,
            Task { [weak self] in
                try await Task.sleep(until: deadline, clock: .continuous)
                self?.ring()
            }
        )
    }
}
