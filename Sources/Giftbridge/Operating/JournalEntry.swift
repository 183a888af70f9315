import LibPQ

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// One attempt: a row of the view `giftbridge.journal`.
public struct JournalEntry: Sendable, Equatable, Codable {
    /// The attempt's outcome.
    public enum Outcome: String, Sendable, Codable {
        case completed, rejected
        /// Certainly not sold; the order is sent again, or has failed.
        case retry
        /// The answer is lost; the outcome is unknown.
        case inDoubt = "in_doubt"
        /// Returned to the queue unsent.
        case released
    }

    /// The submission's number.
    public let id: Int
    /// The order's counted attempts, including this one.
    public let attempt: Int
    /// The worker that sent the request.
    public let worker: String
    /// When it was claimed; committed before the request was sent.
    public let claimedAt: Date
    /// When the outcome was written; nil: in flight.
    public let finishedAt: Date?
    /// The status of the vendor's answer; nil: there was none.
    public let httpStatus: Int?
    /// Nil: in flight.
    public let outcome: Outcome?
    /// One readable sentence; nil: nothing went wrong.
    public let error: String?

    /// The names in JSON.
    enum CodingKeys: String, CodingKey {
        case id, attempt, worker
        case claimedAt = "claimed_at"
        case finishedAt = "finished_at"
        case httpStatus = "http_status"
        case outcome, error
    }
}

extension JournalEntry {
    /// Reads a row of `order_journal` of `sql/queries/reading.sql`.
    init(_ row: Row) throws {
        id = try row.int("id")
        attempt = try row.int("attempt")
        worker = try row.text("worker")
        claimedAt = try row.date("claimed_at")
        finishedAt = try row.optionalDate("finished_at")
        httpStatus = try row.optionalInt("http_status")
        outcome = try row.optionalText("outcome").flatMap(Outcome.init)
        error = try row.optionalText("error")
    }
}
