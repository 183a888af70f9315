import Synchronization

/// A value that takes a while to get, shared by everyone who asks at about the same time.
///
/// However many ask and however often: it is got once at a time, and not again before `freshness` has passed.
final class Glance<Value: Sendable>: Sendable {
    private struct State {
        var task: Task<Result<Value, any Error>, Never>?
        /// When the look was over; nil: it goes on.
        var endedAt: ContinuousClock.Instant?
        /// Which look it is.
        var number = 0
    }

    private let state = Mutex(State())
    private let freshness: Duration
    private let patience: Duration
    private let look: @Sendable () async throws -> Value

    /// - Parameters:
    ///   - freshness: How long a value, or a failure, is good.
    ///   - patience: The longest that anyone waits; the look itself goes on.
    ///   - look: Gets the value.
    init(
        freshness: Duration = .seconds(1), patience: Duration = .seconds(3),
        _ look: @escaping @Sendable () async throws -> Value
    ) {
        self.freshness = freshness
        self.patience = patience
        self.look = look
    }

    /// The value of now, or of a moment ago.
    ///
    /// - Throws: What the look threw; ``TookTooLong``.
    func value() async throws -> Value {
        let task = current()
        return try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Value, any Error>) in
            let first = First(continuation)
            let alarm = Task {
                try await Task.sleep(for: patience)
                first.resume(.failure(TookTooLong()))
            }
            Task {
                first.resume(await task.value)
                alarm.cancel()
            }
        }
    }

    /// The next who asks gets a value from after this.
    func forget() {
        state.withLock { $0.task = nil }
    }

    private func current() -> Task<Result<Value, any Error>, Never> {
        state.withLock { state in
            if let task = state.task, state.endedAt.map({ .now - $0 < freshness }) ?? true { return task }
            state.number += 1
            state.endedAt = nil
            let task = Task { [look, number = state.number] in
                let result: Result<Value, any Error>
                do { result = .success(try await look()) } catch { result = .failure(error) }
                self.state.withLock { if $0.number == number { $0.endedAt = .now } }
                return result
            }
            state.task = task
            return task
        }
    }

    /// Resumes a continuation with the first of several results.
    private final class First: Sendable {
        private let continuation: Mutex<CheckedContinuation<Value, any Error>?>

        init(_ continuation: CheckedContinuation<Value, any Error>) { self.continuation = Mutex(continuation) }

        func resume(_ result: Result<Value, any Error>) {
            continuation.withLock { continuation in
                defer { continuation = nil }
                return continuation
            }?.resume(with: result)
        }
    }
}

/// The database did not answer while somebody was waiting.
struct TookTooLong: Error, CustomStringConvertible {
    var description: String { "the database does not answer" }
}
