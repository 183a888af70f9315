/// What a worker has counted since its process started, and how it stands, at one moment.
public struct WorkerCounts: Sendable {
    /// As in `giftbridge.status.state`: starting, running, draining or stopped.
    public internal(set) var state = "starting"
    /// Requests in the air.
    public internal(set) var inFlight = 0
    /// Results that wait to be written to the database.
    public internal(set) var unwritten = 0
    /// The worker's own connection to the database is up.
    public internal(set) var isConnected = false
    /// Why it is not; one sentence. Nil: it is, or was not tried yet.
    public internal(set) var databaseFault: String?
    /// The LISTEN connection is up.
    public internal(set) var isListening = false
    /// Orders that this worker brought to a state, by the state; a verification that completes an order counts again.
    public internal(set) var orders: [OrderStatus: Int] = [.completed: 0, .rejected: 0, .failed: 0, .inDoubt: 0]
    /// Submissions by their outcome, as in `giftbridge.submissions.outcome`.
    public internal(set) var submissions: [String: Int]
    /// Results that changed nothing because somebody else had acted on the order meanwhile.
    public internal(set) var overtaken = 0
    /// Answers that the allowance was used up (429).
    public internal(set) var throttled = 0
    /// Answers that showed a fault in the set-up, such as a wrong key.
    public internal(set) var setupFaults = 0
    /// How often the worker's own connection was made anew.
    public internal(set) var reconnects = 0
    /// How often the LISTEN connection was made anew.
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

    /// Whether listening was tried at all.
    var hasListened = false

    init() {
        submissions = Dictionary(uniqueKeysWithValues: Settlement.Outcome.allCases.map { ($0.rawValue, 0) })
    }
}
