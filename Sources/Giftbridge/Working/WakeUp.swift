import LibPQ
import Synchronization

/// Wakes the worker's loop, and collects the results of requests until the loop takes them all at once.
///
/// A ring without a waiter is kept for the next wait, so that it is not lost; several count as one.
final class WakeUp: Sendable {
    private struct State {
        var hasRung = false
        var results: [Settlement] = []
        var waiter: CheckedContinuation<Void, Never>?
        /// Rings at a deadline. It is reused for many waits, because an early ring costs less than an alarm for each wait.
        var alarm: (at: ContinuousClock.Instant, alarm: SocketLoop.Alarm)?
    }
    private let state = Mutex(State())
    /// The loop whose thread rings at a deadline.
    private let loop = SocketLoop.shared

    deinit { state.withLock { $0.alarm.map { loop.cancel($0.alarm) } } }

    /// Wakes the loop, now or at its next wait.
    func ring() {
        let waiter = state.withLock { state in
            defer { state.waiter = nil }
            if state.waiter == nil { state.hasRung = true }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Adds a result, from any thread. The caller must then wake the loop.
    ///
    /// - Returns: Whether it is the first since results were last taken, so that the loop has not been woken for it yet.
    func put(_ result: Settlement) -> Bool {
        state.withLock { state in
            state.results.append(result)
            return state.results.count == 1
        }
    }

    /// Takes the collected results.
    func take() -> [Settlement] {
        state.withLock { state in
            defer { state.results = [] }
            return state.results
        }
    }

    /// Returns once it has rung since the last wait, or at `deadline`; sometimes earlier. One waiter at a time.
    func wait(until deadline: ContinuousClock.Instant) async {
        guard ContinuousClock.now < deadline else { return state.withLock { $0.hasRung = false } }
        await withCheckedContinuation { continuation in
            let hasRung = state.withLock { state in
                if state.hasRung {
                    state.hasRung = false
                    return true
                }
                state.waiter = continuation
                setAlarm(&state, deadline)
                return false
            }
            if hasRung { continuation.resume() }
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
