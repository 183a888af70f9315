import FoundationEssentials
import LibPQ

/// The status: workers, queues, and orders that need attention.
package struct Overview: Sendable, Equatable, Codable {
    /// When it was read, by this machine's clock.
    package let at: Date
    /// Whether the database is where it was installed.
    package let installation: Installation
    /// All known worker processes, living ones first.
    package let workers: [WorkerReport]
    /// Every shop's queue, by name.
    package let queues: [ShopQueue]
    /// Orders that need attention, newest first, up to ``orderLimit``. `queues` counts all of them.
    package let needsAttention: [OrderSummary]

    /// Maximum number of orders in ``needsAttention``.
    package static let orderLimit = 10

    /// The names in JSON.
    enum CodingKeys: String, CodingKey {
        case at, installation, workers, queues
        case needsAttention = "needs_attention"
    }

    /// Memberwise.
    package init(
        at: Date, installation: Installation = Installation(), workers: [WorkerReport], queues: [ShopQueue],
        needsAttention: [OrderSummary]
    ) {
        self.at = at
        self.installation = installation
        self.workers = workers
        self.queues = queues
        self.needsAttention = needsAttention
    }
}

extension OperatorDesk {
    /// Reads the status.
    package func overview() async throws -> Overview {
        var search = OrderSearch()
        (search.needsAttention, search.limit) = (true, Overview.orderLimit)
        return Overview(
            at: .now, installation: try await Installation(connection), workers: try await workers(),
            queues: try await queues(), needsAttention: try await orders(search))
    }
}

/// One shop's queue: a row of the view `giftbridge.queue`.
package struct ShopQueue: Sendable, Equatable, Codable {
    /// The shop's name.
    package let shop: String
    /// Orders that wait.
    package let pending: Int
    /// Orders whose request is in flight.
    package let submitting: Int
    /// Orders whose outcome is unknown.
    package let inDoubt: Int
    /// Orders that the shop has to correct.
    package let rejected: Int
    /// Orders that Giftbridge has given up; certainly not sold.
    package let failed: Int
    /// Orders that need attention: rejected, failed, and in doubt where Giftbridge cannot verify the sale.
    package let needsAttention: Int
    /// Orders completed in the last hour.
    package let completedLastHour: Int
    /// Age of the oldest order that could be sent; nil: there is none.
    package let oldestPendingSeconds: Double?
    /// Requests that may be sent now; nil: no limit.
    package let allowanceLeft: Int?
    /// Estimated time to clear the orders due now; nil: not known (paused, no worker is running, or none has begun).
    package let etaSeconds: Double?
    /// None of its orders are sent.
    package let paused: Bool
    /// Why, and what to do.
    package let pauseReason: String?
    /// When the next test order is sent; nil while paused: the shop has to be resumed.
    package let pausedUntil: Date?

    /// The names in JSON.
    enum CodingKeys: String, CodingKey {
        case shop, pending, submitting
        case inDoubt = "in_doubt"
        case rejected, failed
        case needsAttention = "needs_attention"
        case completedLastHour = "completed_last_hour"
        case oldestPendingSeconds = "oldest_pending_seconds"
        case allowanceLeft = "allowance_left"
        case etaSeconds = "eta_seconds"
        case paused
        case pauseReason = "pause_reason"
        case pausedUntil = "paused_until"
    }
}

extension ShopQueue {
    /// Reads a row of `queue` of `sql/queries/reading.sql`.
    init(_ row: Row) throws {
        shop = try row.text("shop")
        pending = try row.int("pending")
        submitting = try row.int("submitting")
        inDoubt = try row.int("in_doubt")
        rejected = try row.int("rejected")
        failed = try row.int("failed")
        needsAttention = try row.int("needs_attention")
        completedLastHour = try row.int("completed_last_hour")
        oldestPendingSeconds = try row.optionalDouble("oldest_pending_seconds")
        allowanceLeft = try row.optionalInt("allowance_left")
        etaSeconds = try row.optionalDouble("eta_seconds")
        paused = try row.bool("paused")
        pauseReason = try row.optionalText("pause_reason")
        pausedUntil = try row.optionalDate("paused_until")
    }
}

/// A worker process as seen from outside: a row of the view `giftbridge.workers`.
package struct WorkerReport: Sendable, Equatable, Codable {
    /// The state that the worker last reported, or that it no longer reports.
    package enum State: String, Sendable, Codable {
        case starting, running, draining, stopped
        /// No heartbeat for a minute.
        case dead
    }

    /// Its name, as in the journal.
    package let worker: String
    /// The machine it runs on.
    package let host: String
    /// Its process id there.
    package let pid: Int
    /// The version of its program.
    package let version: String
    /// What it is doing.
    package let state: State
    /// When the process started.
    package let startedAt: Date
    /// When its last heartbeat was written.
    package let heartbeatAt: Date
    /// Seconds since then, by the database's clock.
    package let heartbeatSeconds: Double
    /// Requests in flight.
    package let inFlight: Int
    /// Orders completed since the process started.
    package let completed: Int
    /// Orders rejected or failed since then.
    package let rejected: Int
    /// Attempts since then that were certainly no sale and whose order became pending again.
    package let retried: Int
    /// Attempts since then whose outcome is unknown.
    package let inDoubt: Int
    /// Whether its LISTEN connection is up; otherwise it polls.
    package let listening: Bool
    /// The last thing that went wrong; nil: nothing did.
    package let lastError: String?
    /// When that was.
    package let lastErrorAt: Date?

    /// The names in JSON.
    enum CodingKeys: String, CodingKey {
        case worker, host, pid, version, state
        case startedAt = "started_at"
        case heartbeatAt = "heartbeat_at"
        case heartbeatSeconds = "heartbeat_seconds"
        case inFlight = "in_flight"
        case completed, rejected, retried
        case inDoubt = "in_doubt"
        case listening
        case lastError = "last_error"
        case lastErrorAt = "last_error_at"
    }
}

extension WorkerReport {
    /// Reads a row of `workers` of `sql/queries/reading.sql`.
    init(_ row: Row) throws {
        worker = try row.text("worker")
        host = try row.text("host")
        pid = try row.int("pid")
        version = try row.text("version")
        let name = try row.text("state")
        guard let state = State(rawValue: name) else {
            throw ColumnError.notReadable(column: "state", type: "WorkerReport.State")
        }
        self.state = state
        startedAt = try row.date("started_at")
        heartbeatAt = try row.date("heartbeat_at")
        heartbeatSeconds = try row.double("heartbeat_seconds")
        inFlight = try row.int("in_flight")
        completed = try row.int("completed")
        rejected = try row.int("rejected")
        retried = try row.int("retried")
        inDoubt = try row.int("in_doubt")
        listening = try row.bool("listening")
        lastError = try row.optionalText("last_error")
        lastErrorAt = try row.optionalDate("last_error_at")
    }
}

/// A duration in a few characters, for tables: `0.4 s`, `12 s`, `4 min`, `2 h 10 min`, `5 d`.
package struct BriefDuration: CustomStringConvertible {
    /// The text.
    package let description: String

    /// - Parameter seconds: Any number; the sign is ignored.
    package init(seconds: Double) {
        let size = abs(seconds)
        let whole = Int(min(size.rounded(), 1e12))
        description =
            switch whole {
            case 0: "\(Int(size * 1000)) ms"
            case ..<90: "\(whole) s"
            case ..<5400: "\((whole + 30) / 60) min"
            case ..<172_800:
                "\(whole / 3600) h" + (whole % 3600 / 60 == 0 || whole >= 36_000 ? "" : " \(whole % 3600 / 60) min")
            default: "\((whole + 43_200) / 86_400) d"
            }
    }
}
