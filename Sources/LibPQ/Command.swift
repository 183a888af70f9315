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
    private let state = Lock(State.open([]))

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
