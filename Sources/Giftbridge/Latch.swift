import Synchronization

/// A one-time event: waiting tasks resume when it happens, and later ones do not wait.
package final class Latch: Sendable {
    private struct State {
        var isOpen = false
        /// The waiters, each by its own number; nil: cancelled before it waited.
        var waiters: [Int: CheckedContinuation<Void, Never>?] = [:]
        var lastNumber = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// Signals that it has happened.
    package func open() {
        let waiters = state.withLock { state in
            state.isOpen = true
            defer { state.waiters = [:] }
            return state.waiters.values.compactMap(\.self)
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns once it has happened, or when the task is cancelled. Any number may wait.
    package func wait() async {
        let number = state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mustWait = state.withLock { state in
                    let isCancelled = state.waiters.removeValue(forKey: number) != nil
                    guard !state.isOpen, !isCancelled else { return false }
                    state.waiters[number] = continuation
                    return true
                }
                if !mustWait { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
                guard !state.isOpen else { return nil }
                if let waiter = state.waiters.removeValue(forKey: number) { return waiter }
                state.waiters.updateValue(nil, forKey: number)
                return nil
            }
            waiter?.resume()
        }
    }
}
