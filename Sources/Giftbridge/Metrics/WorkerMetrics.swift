import FoundationEssentials
import Synchronization

/// The worker's figures for monitors, written by hooks in its loop and readable from anywhere without waiting for it.
package final class WorkerMetrics: Sendable {
    private let state = Mutex(WorkerCounts())
    private let ready = Latch()

    init() {}

    /// The current figures.
    package var counts: WorkerCounts { state.withLock { $0 } }

    /// Returns once the worker is connected and listens, or has found that it cannot listen; or when the task is cancelled.
    package func untilReady() async { await ready.wait() }

    // MARK: The worker's hooks

    /// Records the worker's state at each turn of its loop.
    func note(_ status: WorkerStatus, unwritten: Int, isConnected: Bool) {
        state.withLock {
            $0.state = status.state.rawValue
            $0.inFlight = status.inFlight
            $0.unwritten = unwritten
            $0.isConnected = isConnected
            if isConnected { $0.databaseFault = nil }
        }
        openIfReady()
    }

    /// Records why the database cannot be reached.
    func note(fault: String) {
        state.withLock { $0.databaseFault = fault }
    }

    /// Records a request that has ended.
    func requested(took duration: Duration) {
        state.withLock { $0.requests.observe(duration) }
    }

    /// Records a committed batch of results.
    func wroteBack(since start: ContinuousClock.Instant) {
        let duration = ContinuousClock.now - start
        state.withLock { $0.writeBacks.observe(duration) }
    }

    /// Records a committed result. It changed its order, unless another process had acted on it meanwhile.
    func settled(_ settlement: Settlement, isApplied: Bool) {
        let now = settlement.status == .completed ? Date.now.timeIntervalSince1970 : nil
        state.withLock {
            guard isApplied else { return $0.overtaken += 1 }
            $0.submissions[settlement.outcome.rawValue, default: 0] += 1
            if settlement.status != .pending { $0.orders[settlement.status, default: 0] += 1 }
            if let now { $0.lastCompletedAt = now }
            switch settlement.effect {
            case .throttled: $0.throttled += 1
            case .setup: $0.setupFaults += 1
            case .spent, .unreachable, nil: break
            }
        }
    }

    /// Records that the worker's own connection was lost and reopened.
    func reconnected() {
        state.withLock { $0.reconnects += 1 }
    }

    /// Records that the LISTEN connection came up or went down.
    func listening(_ isListening: Bool) {
        state.withLock { counts in
            if isListening, !counts.isListening, counts.hasListened { counts.listenerReconnects += 1 }
            counts.isListening = isListening
            counts.hasListened = true
        }
        openIfReady()
    }

    /// The listener may be ready before the loop is.
    private func openIfReady() {
        if state.withLock({ $0.isConnected && $0.hasListened }) { ready.open() }
    }
}

/// A snapshot of a worker's state, and of what it has counted since its process started.
package struct WorkerCounts: Sendable {
    /// As in `giftbridge.status.state`: starting, running, draining or stopped.
    package internal(set) var state = "starting"
    /// Requests in flight.
    package internal(set) var inFlight = 0
    /// Results waiting to be written to the database.
    package internal(set) var unwritten = 0
    /// The worker's own connection to the database is up.
    package internal(set) var isConnected = false
    /// Why it is not up, in one sentence. Nil: it is up, or was not opened yet.
    package internal(set) var databaseFault: String?
    /// The LISTEN connection is up.
    package internal(set) var isListening = false
    /// Orders by the state that this worker's results gave them; a verification that completes an order counts again.
    package internal(set) var orders: [OrderStatus: Int] = [.completed: 0, .rejected: 0, .failed: 0, .inDoubt: 0]
    /// Submissions by their outcome, as in `giftbridge.submissions.outcome`.
    package internal(set) var submissions: [String: Int]
    /// Results that changed nothing because another process had acted on the order meanwhile.
    package internal(set) var overtaken = 0
    /// Answers 429: the rate limit was reached.
    package internal(set) var throttled = 0
    /// Answers that showed a fault in the set-up, such as a wrong key.
    package internal(set) var setupFaults = 0
    /// How often the worker's own connection was reopened.
    package internal(set) var reconnects = 0
    /// How often the LISTEN connection was reopened.
    package internal(set) var listenerReconnects = 0
    /// When the last order was completed, in seconds since 1970; nil: none yet.
    package internal(set) var lastCompletedAt: Double?
    /// How long requests took, from sending to the whole answer or its failure.
    package internal(set) var requests = Histogram(bounds: [
        0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60,
    ])
    /// How long write-backs took, each a batch of results in one transaction.
    package internal(set) var writeBacks = Histogram(bounds: [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
    ])

    /// Whether the LISTEN connection was attempted at all.
    var hasListened = false

    init() {
        submissions = Dictionary(uniqueKeysWithValues: Settlement.Outcome.allCases.map { ($0.rawValue, 0) })
    }
}

/// Durations, counted by how long they took.
package struct Histogram: Sendable, Equatable {
    /// The upper bounds of the buckets in seconds, ascending. The last bucket, for longer durations, has no bound.
    package let bounds: [Double]
    /// The number of durations in each bucket, not cumulative; one more element than `bounds`.
    package private(set) var counts: [Int]
    /// All durations together, in seconds.
    package private(set) var sum = 0.0

    /// An empty one.
    ///
    /// - Parameter bounds: In seconds, ascending.
    package init(bounds: [Double]) {
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count + 1)
    }

    /// How many durations there are.
    package var count: Int { counts.reduce(0, +) }

    /// Counts a duration in the first bucket whose bound is not below it.
    package mutating func observe(_ duration: Duration) {
        let seconds = duration / .seconds(1)
        counts[bounds.firstIndex { seconds <= $0 } ?? bounds.count] += 1
        sum += seconds
    }
}
