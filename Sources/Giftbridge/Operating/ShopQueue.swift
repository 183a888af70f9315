import LibPQ

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// One shop's queue: a row of the view `giftbridge.queue`.
public struct ShopQueue: Sendable, Equatable, Codable {
    /// The shop's name.
    public let shop: String
    /// Orders that wait.
    public let pending: Int
    /// Orders whose request is in flight.
    public let submitting: Int
    /// Orders whose outcome is unknown.
    public let inDoubt: Int
    /// Orders that the shop has to correct.
    public let rejected: Int
    /// Orders that Giftbridge has given up; certainly not sold.
    public let failed: Int
    /// Orders that need attention: rejected, failed, and in doubt where Giftbridge cannot verify the sale.
    public let needsAttention: Int
    /// Orders completed in the last hour.
    public let completedLastHour: Int
    /// Age of the oldest order that could be sent; nil: there is none.
    public let oldestPendingSeconds: Double?
    /// Requests that may be sent now; nil: no limit.
    public let allowanceLeft: Int?
    /// Estimated time to clear the orders due now; nil: not known (paused, no worker is running, or none has begun).
    public let etaSeconds: Double?
    /// None of its orders are sent.
    public let paused: Bool
    /// Why, and what to do.
    public let pauseReason: String?
    /// When the next test order is sent; nil while paused: the shop has to be resumed.
    public let pausedUntil: Date?

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
