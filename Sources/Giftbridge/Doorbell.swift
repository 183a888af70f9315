import Synchronization

/// Wakes one waiter. Rings while nobody waits are kept as one, so that none gets lost and many coalesce.
final class Doorbell: Sendable {
    private struct State {
        var rang = false
        var waiter: CheckedContinuation<Void, Never>?
    }
    private let state = Mutex(State())

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

    /// Returns once it rang since the last wait, or at `deadline`. One waiter at a time.
    func wait(until deadline: ContinuousClock.Instant) async {
        if state.withLock({ state in
            defer { state.rang = false }
            return state.rang
        }) {
            return
        }
        let alarm = Task {
            try await Task.sleep(until: deadline, clock: .continuous)
            ring()
        }
        await withCheckedContinuation { continuation in
            let rang = state.withLock { state in
                if state.rang {
                    state.rang = false
                    return true
                }
                state.waiter = continuation
                return false
            }
            if rang { continuation.resume() }
        }
        alarm.cancel()
    }
}
