import Giftbridge

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What the server tells about: the worker of this process, and the queue in its database.
struct Observed: Sendable {
    let version: String
    let concurrency: Int
    let heartbeat: Duration
    let startedAt = Date.now
    let pulse: Pulse
    let metrics: WorkerMetrics
    /// The queue's gauges: of a second ago at most, so that no number of scrapes asks the database more often.
    let queue: Glance<QueueGauges>
    /// The first page's contents, likewise.
    let frontPage: Glance<FrontPage>
    /// For pages.
    let database: LookingConnection
    /// For the queue's gauges: probes and monitors never wait for somebody's page.
    let gauges: LookingConnection

    /// Everything, as Prometheus reads it.
    func metricsText() async -> String {
        // The reason stands in /readyz, and is no metric.
        let queue = try? await queue.value()
        var text = MetricsText()
        let progressAt = Date.now.timeIntervalSince1970 - pulse.age / .seconds(1)
        text.add(metrics.counts, version: version, concurrency: concurrency, progressAt: progressAt)
        text.add(queue)
        text.addProcess(startedAt: startedAt)
        return text.text
    }

    /// Why this process is sick; nil: it is well. Asks nobody: whoever is told that it is sick will restart it.
    var sickness: String? {
        guard pulse.isSick(heartbeat: heartbeat) else { return nil }
        return "the worker's loop has made no progress for \(pulse.age.components.seconds) s"
    }

    /// Why this worker cannot do its work at once; empty: it can.
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
        if let fault { hindrances.append("the database: \(fault)") }
        if !isStarting, !counts.isListening { hindrances.append("not listening: new orders are found by polling") }
        return hindrances
    }
}
