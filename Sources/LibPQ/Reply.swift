/// The answer to what ``Connection/begin(_:)`` has sent; it may not have arrived yet.
///
/// It is kept until it is read. Even if it is never read, the connection receives it, and its next command waits until the
/// server has answered this one.
public struct Reply: Sendable {
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
    public func results(isolation: isolated (any Actor)? = #isolation) async throws -> [QueryResult] {
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
    public var warnings: [ServerError] {
        command.answer?.warnings ?? []
    }
}
