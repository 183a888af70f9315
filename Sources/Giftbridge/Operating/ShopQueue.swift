import LibPQ

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What waits for one shop: a row of the view `giftbridge.queue`.
public struct ShopQueue: Sendable, Equatable, Codable {
    /// The shop's name.
    public let shop: String
    /// Orders that wait.
    public let pending: Int
    /// Orders whose request may be on the way.
    public let submitting: Int
    /// Orders that may be sold.
    public let inDoubt: Int
    /// Orders that the shop has to mend.
    public let rejected: Int
    /// Orders given up, certainly not sold.
    public let failed: Int
    /// Orders to which nothing happens by itself: rejected, failed, and in doubt where the bridge can prove nothing.
    public let needsAttention: Int
    /// Orders completed in the last hour.
    public let completedLastHour: Int
    /// The age of the oldest order that could go out; nil: there is none.
    public let oldestPendingSeconds: Double?
    /// Requests that may leave now; nil: no limit.
    public let allowanceLeft: Int?
    /// Until what is due now has been answered; nil: not known (paused, no worker runs, or none has begun).
    public let etaSeconds: Double?
    /// Nothing is sent.
    public let paused: Bool
    /// Why, and what to do.
    public let pauseReason: String?
    /// When one order probes again; nil while paused: when a person resumes the shop.
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
