import Giftbridge

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What the server shows: the worker of this process, and the queue in its database.
struct Observed: Sendable {
    let version: String
    let concurrency: Int
    let heartbeat: Duration
    let startedAt = Date.now
    let pulse: Pulse
    let metrics: WorkerMetrics
    /// The queue's gauges, at most a second old, so that many scrapes do not load the database.
    let queue: Glance<QueueGauges>
    /// The first page's contents, likewise.
    let frontPage: Glance<FrontPage>
    /// For pages.
    let database: LookingConnection
    /// For the queue's gauges, so that probes and monitors never wait for a page.
    let gauges: LookingConnection

    /// All metrics in Prometheus' format.
    func metricsText() async -> String {
        // The reason is in /readyz; it is not a metric.
        let queue = try? await queue.value()
        var text = MetricsText()
        let progressAt = Date.now.timeIntervalSince1970 - pulse.age / .seconds(1)
        text.add(metrics.counts, version: version, concurrency: concurrency, progressAt: progressAt)
        text.add(queue)
        text.addProcess(startedAt: startedAt)
        return text.text
    }

    /// Why this process must be restarted; nil: it is healthy. Depends on this process only, because a failure leads to a restart.
    var sickness: String? {
        guard pulse.isSick(heartbeat: heartbeat) else { return nil }
        return "the worker's loop has made no progress for \(pulse.age.components.seconds) s"
    }

    /// Why this worker is not ready; empty: it is ready.
    func hindrances() async -> [String] {
        var hindrances: [String] = []
        let counts = metrics.counts
        if let sickness { hindrances.append(sickness) }
        let isStarting = counts.state == "starting"
        var fault: String?
        do { _ = try await queue.value() } catch { fault = "\(error)" }
        if isStarting, let fault {
            return hindrances + ["waiting for the database: \(fault)"]
        }
        if counts.state != "running" { hindrances.append("the worker is \(counts.state)") }
        if let fault { hindrances.append("database error: \(fault)") }
        if !isStarting, !counts.isListening {
            hindrances.append("not listening for notifications; polling for new orders")
        }
        return hindrances
    }
}
