import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The worker's books for monitors: written by one-line hooks in its loop, read from anywhere without waiting for it.
public final class WorkerMetrics: Sendable {
    private let state = Mutex(WorkerCounts())
    private let ready = Latch()

    init() {}

    /// Everything as it stands now.
    public var counts: WorkerCounts { state.withLock { $0 } }

    /// Returns once the worker is connected and listens, or has found that it cannot listen; or when the task is cancelled.
    public func untilReady() async { await ready.wait() }

    // MARK: The worker's hooks

    /// How the worker stands, at each turn of its loop.
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

    /// The database cannot be reached, and why.
    func note(fault: String) {
        state.withLock { $0.databaseFault = fault }
    }

    /// A request came to its end.
    func requested(took duration: Duration) {
        state.withLock { $0.requests.observe(duration) }
    }

    /// A batch of results was committed.
    func wroteBack(since start: ContinuousClock.Instant) {
        let duration = ContinuousClock.now - start
        state.withLock { $0.writeBacks.observe(duration) }
    }

    /// A result was committed; it changed its order, or somebody else had acted meanwhile.
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

    /// The worker's own connection was lost and made anew.
    func reconnected() {
        state.withLock { $0.reconnects += 1 }
    }

    /// The LISTEN connection came up or went down.
    func listening(_ isListening: Bool) {
        state.withLock { counts in
            if isListening, !counts.isListening, counts.hasListened { counts.listenerReconnects += 1 }
            counts.isListening = isListening
            counts.hasListened = true
        }
        openIfReady()
    }

    /// The listener may be faster than the loop, and where the database is away it says so first.
    private func openIfReady() {
        if state.withLock({ $0.isConnected && $0.hasListened }) { ready.open() }
    }
}
