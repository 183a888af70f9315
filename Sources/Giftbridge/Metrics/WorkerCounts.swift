/// A snapshot of a worker's state, and of what it has counted since its process started.
public struct WorkerCounts: Sendable {
    /// As in `giftbridge.status.state`: starting, running, draining or stopped.
    public internal(set) var state = "starting"
    /// Requests in flight.
    public internal(set) var inFlight = 0
    /// Results waiting to be written to the database.
    public internal(set) var unwritten = 0
    /// The worker's own connection to the database is up.
    public internal(set) var isConnected = false
    /// Why it is not up, in one sentence. Nil: it is up, or was not opened yet.
    public internal(set) var databaseFault: String?
    /// The LISTEN connection is up.
    public internal(set) var isListening = false
    /// Orders by the state that this worker's results gave them; a verification that completes an order counts again.
    public internal(set) var orders: [OrderStatus: Int] = [.completed: 0, .rejected: 0, .failed: 0, .inDoubt: 0]
    /// Submissions by their outcome, as in `giftbridge.submissions.outcome`.
    public internal(set) var submissions: [String: Int]
    /// Results that changed nothing because another process had acted on the order meanwhile.
    public internal(set) var overtaken = 0
    /// Answers 429: the rate limit was reached.
    public internal(set) var throttled = 0
    /// Answers that showed a fault in the set-up, such as a wrong key.
    public internal(set) var setupFaults = 0
    /// How often the worker's own connection was reopened.
    public internal(set) var reconnects = 0
    /// How often the LISTEN connection was reopened.
    public internal(set) var listenerReconnects = 0
    /// When the last order was completed, in seconds since 1970; nil: none yet.
    public internal(set) var lastCompletedAt: Double?
    /// How long requests took, from sending to the whole answer or its failure.
    public internal(set) var requests = Histogram(bounds: [
        0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60,
    ])
    /// How long write-backs took, each a batch of results in one transaction.
    public internal(set) var writeBacks = Histogram(bounds: [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
    ])

    /// Whether the LISTEN connection was attempted at all.
    var hasListened = false

    init() {
        submissions = Dictionary(uniqueKeysWithValues: Settlement.Outcome.allCases.map { ($0.rawValue, 0) })
    }
}
