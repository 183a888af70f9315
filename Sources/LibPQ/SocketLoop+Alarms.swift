import Synchronization

extension SocketLoop {
    /// Calls `body` on the loop's thread once `deadline` has passed, some milliseconds late at most. From any thread.
    ///
    /// It costs no thread and no timer of the system's: the loop's own wait ends then.
    ///
    /// - Returns: What ``cancel(_:)`` takes.
    @discardableResult
    package func schedule(at deadline: ContinuousClock.Instant, _ body: @escaping @Sendable () -> Void) -> Alarm {
        jobs.add(deadline, body)
    }

    /// Takes an alarm back. Does nothing where it has gone off. From any thread.
    package func cancel(_ alarm: Alarm) {
        jobs.remove(alarm)
    }

    /// Sleeps like `Task.sleep(for:)`, by the loop's own wait.
    ///
    /// - Throws: `CancellationError` at once when the task is cancelled.
    package func sleep(for duration: Duration) async throws {
        let nap = Nap()
        let alarm = schedule(at: .now + duration) { nap.end() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { nap.begin($0) }
        } onCancel: {
            cancel(alarm)
            nap.end()
        }
        try Task.checkCancellation()
    }

    /// Names what was scheduled.
    package struct Alarm: Sendable, Hashable {
        let id: UInt64
    }

    /// One sleeper, whose end may come before its beginning.
    private final class Nap: Sendable {
        private enum State {
            case new
            case asleep(CheckedContinuation<Void, Never>)
            case over
        }
        private let state = Mutex(State.new)

        func begin(_ sleeper: CheckedContinuation<Void, Never>) {
            let isOver = state.withLock { state in
                if case .over = state { return true }
                state = .asleep(sleeper)
                return false
            }
            if isOver { sleeper.resume() }
        }

        func end() {
            let sleeper = state.withLock { state -> CheckedContinuation<Void, Never>? in
                defer { state = .over }
                if case .asleep(let sleeper) = state { return sleeper }
                return nil
            }
            sleeper?.resume()
        }
    }
}
