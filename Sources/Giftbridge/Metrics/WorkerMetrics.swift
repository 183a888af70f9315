import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The worker's figures for monitors, written by hooks in its loop and readable from anywhere without waiting for it.
public final class WorkerMetrics: Sendable {
    private let state = Mutex(WorkerCounts())
    private let ready = Latch()

    init() {}

    /// The current figures.
    public var counts: WorkerCounts { state.withLock { $0 } }

    /// Returns once the worker is connected and listens, or has found that it cannot listen; or when the task is cancelled.
    public func untilReady() async { await ready.wait() }

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
