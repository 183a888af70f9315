/// A value that takes a while to read, shared by all who request it at about the same time.
///
/// However many requests there are, it is read once at a time, and again only after `freshness` has passed.
actor Glance<Value: Sendable> {
    /// One read of the value; used by the actor only.
    private final class Look {
        var waiters: [CheckedContinuation<Value, any Error>] = []
        var result: Result<Value, any Error>?
        var endedAt: ContinuousClock.Instant?
        /// It has taken too long; no request waits for it any more.
        var isLate = false

        func end(_ result: Result<Value, any Error>) {
            self.result = result
            endedAt = .now
            resume(with: result)
        }

        func resume(with result: Result<Value, any Error>) {
            for waiter in waiters { waiter.resume(with: result) }
            waiters = []
        }
    }

    private var last: Look?
    private let freshness: Duration
    private let patience: Duration
    private let look: @Sendable () async throws -> Value

    /// - Parameters:
    ///   - freshness: How long a value, or a failure, is reused.
    ///   - patience: Maximum wait for a read; then all requests fail until it ends.
    ///   - look: Reads the value.
    init(
        freshness: Duration = .seconds(1), patience: Duration = .seconds(3),
        _ look: @escaping @Sendable () async throws -> Value
    ) {
        self.freshness = freshness
        self.patience = patience
        self.look = look
    }

    /// The current value, or one that is at most `freshness` old.
    ///
    /// - Throws: What the read threw; ``TookTooLong``.
    func value() async throws -> Value {
        let current = current()
        if let result = current.result { return try result.get() }
        if current.isLate { throw TookTooLong() }
        return try await withCheckedThrowingContinuation { current.waiters.append($0) }
    }

    /// Makes the next request read the value again.
    func forget() { last = nil }

    /// The current read if it is running or still fresh, or a new one.
    private func current() -> Look {
        if let last, last.endedAt.map({ .now - $0 < freshness }) ?? true { return last }
        let current = Look()
        last = current
        let alarm = Task {
            try await Task.sleep(for: patience)
            current.isLate = true
            current.resume(with: .failure(TookTooLong()))
        }
        Task {
            do { current.end(.success(try await look())) } catch { current.end(.failure(error)) }
            alarm.cancel()
        }
        return current
    }
}

/// The database did not answer in time.
struct TookTooLong: Error, CustomStringConvertible {
    var description: String { "the database does not respond" }
}
