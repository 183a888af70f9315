/// A value that takes a while to get, shared by everyone who asks at about the same time.
///
/// However many ask and however often: it is got once at a time, and not again before `freshness` has passed.
actor Glance<Value: Sendable> {
    /// One time of getting it; used by the actor alone.
    private final class Look {
        var waiters: [CheckedContinuation<Value, any Error>] = []
        var result: Result<Value, any Error>?
        var endedAt: ContinuousClock.Instant?
        /// Nobody waits for it any longer.
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
    ///   - freshness: How long a value, or a failure, is good.
    ///   - patience: How long a look may take; after that all who ask are told so, until it ends.
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
        let current = current()
        if let result = current.result { return try result.get() }
        if current.isLate { throw TookTooLong() }
        return try await withCheckedThrowingContinuation { current.waiters.append($0) }
    }

    /// The next who asks gets a value from after this.
    func forget() { last = nil }

    /// The look that goes on or is still fresh, or a new one.
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

/// The database did not answer while somebody was waiting.
struct TookTooLong: Error, CustomStringConvertible {
    var description: String { "the database does not answer" }
}
