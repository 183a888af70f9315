import FoundationEssentials
import Giftbridge

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

/// The database's part of the first page.
struct FrontPage: Sendable {
    let overview: Overview
    let soldByMinute: [Int]

    init(_ desk: OperatorDesk) async throws {
        overview = try await desk.overview()
        soldByMinute = try await desk.soldByMinute()
    }
}

/// `/status.json`: the first page for programs. Members may be added, but are never removed.
struct StatusReport: Encodable {
    /// The worker of this process.
    struct Process: Encodable {
        let state: String
        let version: String
        let inFlight: Int
        let unwrittenResults: Int
        let connected: Bool
        let listening: Bool
        /// How long ago the loop last made progress.
        let progressSeconds: Double

        enum CodingKeys: String, CodingKey {
            case state, version
            case inFlight = "in_flight"
            case unwrittenResults = "unwritten_results"
            case connected, listening
            case progressSeconds = "progress_seconds"
        }
    }

    let process: Process
    /// What is wrong with the database; absent: it responds.
    let databaseError: String?
    /// When the database was read; absent without a database, as are the next three.
    let at: Date?
    let queues: [ShopQueue]?
    let workers: [WorkerReport]?
    let needsAttention: [OrderSummary]?

    enum CodingKeys: String, CodingKey {
        case process
        case databaseError = "database_error"
        case at, queues, workers
        case needsAttention = "needs_attention"
    }
}

extension Observed {
    /// The report as text.
    ///
    /// - Throws: `EncodingError`.
    func statusJSON() async throws -> String {
        var overview: Overview?
        var fault: String?
        do {
            overview = try await frontPage.value().overview
        } catch {
            fault = "\(error)"
        }
        let counts = metrics.counts
        let report = StatusReport(
            process: StatusReport.Process(
                state: counts.state, version: version, inFlight: counts.inFlight, unwrittenResults: counts.unwritten,
                connected: counts.isConnected, listening: counts.isListening, progressSeconds: pulse.age / .seconds(1)),
            databaseError: fault, at: overview?.at, queues: overview?.queues, workers: overview?.workers,
            needsAttention: overview?.needsAttention)
        return try OperatorJSON.text(report) + "\n"
    }
}
