/// One command on the wire: what the server has answered so far, and who waits for it.
struct Exchange {
    /// Tells one command from the next, so that a late cancellation cannot hit another.
    let id: UInt64
    /// How many marks of a pipeline are still to come; 0 for a command outside of a pipeline.
    var syncsLeft: Int
    let continuation: CheckedContinuation<[QueryResult], any Error>
    var results: [QueryResult] = []
    /// How often in a row the wire had nothing more: in a pipeline once after each statement.
    var endsInARow = 0
    /// Whether the server has answered everything.
    var isAnswered = false
    /// Whether the command was a COPY.
    var wasCopy = false
    /// Whether a COPY's rows are being thrown away.
    var isDiscarding = false
    /// Whether a cancel request has been made.
    var wasCancelled = false
    /// Until when the end of the cancel request is waited for; `nil`: none is under way.
    var cancelDeadline: ContinuousClock.Instant?

    init(id: UInt64, syncs: Int, continuation: CheckedContinuation<[QueryResult], any Error>) {
        self.id = id
        syncsLeft = syncs
        self.continuation = continuation
    }
}
