import Synchronization

/// One command of a connection, from its place in the queue to its answer.
final class Command: Sendable {
    enum Message {
        /// Statements without parameters in one text, over the simple protocol (`PQsendQuery`).
        case script(String)
        /// Statements in pipeline mode with one sync.
        case pipeline([EncodedStatement])
    }

    /// What came of it.
    struct Answer {
        let outcome: Result<[QueryResult], any Error>
        /// The server's warnings that came with it.
        var warnings: [ServerError] = []
    }

    private enum State {
        case open([CheckedContinuation<Answer, Never>])
        case answered(Answer)
    }

    let message: Message
    private let state = Mutex(State.open([]))

    init(_ message: Message) {
        self.message = message
    }

    /// `nil`: it waits for its turn or for the server.
    var answer: Answer? {
        state.withLock { if case .answered(let answer) = $0 { answer } else { nil } }
    }

    /// Sets the result, unless it is set, and resumes the waiter. From any thread.
    func settle(_ answer: Answer) {
        let waiters: [CheckedContinuation<Answer, Never>] = state.withLock { state in
            guard case .open(let waiters) = state else { return [] }
            state = .answered(answer)
            return waiters
        }
        for waiter in waiters { waiter.resume(returning: answer) }
    }

    func fail(_ error: any Error) {
        settle(Answer(outcome: .failure(error)))
    }

    /// Waits for the answer, whether the task is cancelled or not.
    func wait(isolation: isolated (any Actor)? = #isolation) async -> Answer {
        await withCheckedContinuation { continuation in
            let answer: Answer? = state.withLock { state in
                switch state {
                case .answered(let answer): return answer
                case .open(let waiters):
                    state = .open(waiters + [continuation])
                    return nil
                }
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }
}

/// The answer to what ``Connection/begin(_:)`` has sent; it may not have arrived yet.
///
/// It is kept until it is read. Even if it is never read, the connection receives it, and its next command waits until the
/// server has answered this one.
package struct Reply: Sendable {
    let connection: Connection
    let command: Command

    /// Waits for the results, one for each statement, in their order.
    ///
    /// It may be called again, and returns the same. Cancelling the task cancels the statements and closes the connection
    /// (see ``Connection``), unless the answer is there already.
    ///
    /// - Throws: ``ServerError``, the one that failed the transaction, be it of a statement or of the COMMIT that the server
    ///   does at the end: nothing took effect, and the connection stays usable. ``ConnectionError``: what took effect is
    ///   unknown. `CancellationError`.
    package func results(isolation: isolated (any Actor)? = #isolation) async throws -> [QueryResult] {
        if let answer = command.answer { return try answer.outcome.get() }
        // A continuation is resumed on the executor that its task prefers, or else on the global one, from where it would
        // have to come back: the preference saves two changes of threads.
        let answer = await withTaskExecutorPreference(connection.loop) {
            await withTaskCancellationHandler {
                await command.wait()
            } onCancel: {
                Task { await connection.cancel(command) }
            }
        }
        return try answer.outcome.get()
    }

    /// The warnings that came with the answer, at most 100; none until it is there.
    ///
    /// To be looked at after a COMMIT that has to be safe: see ``ServerError/leavesCommitUnconfirmed``.
    package var warnings: [ServerError] {
        command.answer?.warnings ?? []
    }
}
