import LibPQ

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A worker process as seen from outside: a row of the view `giftbridge.workers`.
public struct WorkerReport: Sendable, Equatable, Codable {
    /// The state that the worker last reported, or that it no longer reports.
    public enum State: String, Sendable, Codable {
        case starting, running, draining, stopped
        /// No heartbeat for a minute.
        case dead
    }

    /// Its name, as in the journal.
    public let worker: String
    /// The machine it runs on.
    public let host: String
    /// Its process id there.
    public let pid: Int
    /// The version of its program.
    public let version: String
    /// What it is doing.
    public let state: State
    /// When the process started.
    public let startedAt: Date
    /// When its last heartbeat was written.
    public let heartbeatAt: Date
    /// Seconds since then, by the database's clock.
    public let heartbeatSeconds: Double
    /// Requests in flight.
    public let inFlight: Int
    /// Orders completed since the process started.
    public let completed: Int
    /// Orders rejected or failed since then.
    public let rejected: Int
    /// Attempts since then that were certainly no sale and whose order became pending again.
    public let retried: Int
    /// Attempts since then whose outcome is unknown.
    public let inDoubt: Int
    /// Whether its LISTEN connection is up; otherwise it polls.
    public let listening: Bool
    /// The last thing that went wrong; nil: nothing did.
    public let lastError: String?
    /// When that was.
    public let lastErrorAt: Date?

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
