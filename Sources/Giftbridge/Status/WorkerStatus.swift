/// What a worker reports about itself: its row in `giftbridge.status`.
struct WorkerStatus: Sendable {
    /// As in `giftbridge.status.state`.
    enum State: String, Sendable {
        case starting, running, draining, stopped
    }

    let host: String
    let pid: Int
    let version: String
    var state = State.starting
    /// Requests in flight.
    var inFlight = 0
    /// Orders since the process started, by the outcome of their attempts.
    var completed = 0
    var rejected = 0
    var retried = 0
    var inDoubt = 0
    var isListening = false
    private(set) var lastError: LastError?

    /// The last thing that went wrong, and when by this process's clock.
    struct LastError: Sendable {
        let text: String
        let at: ContinuousClock.Instant
        /// Seconds since then.
        var age: Double { at.duration(to: .now) / .seconds(1) }
    }

    /// Remembers an error. `text` has no secrets, codes or personal data.
    mutating func note(error text: String) {
        lastError = LastError(text: String(text.prefix(500)), at: .now)
    }

    /// Counts a settled request by the status that its order has now.
    mutating func count(_ result: Settlement, became status: OrderStatus?) {
        switch status ?? result.status {
        case .completed: completed += 1
        case .rejected, .failed: rejected += 1
        case .inDoubt: inDoubt += 1
        case .pending: retried += 1
        case .submitting, .cancelled: break
        }
    }
}
