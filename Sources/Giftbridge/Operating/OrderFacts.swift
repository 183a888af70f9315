import LibPQ

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Everything that decides what happens to an order next: a row of the view `giftbridge.order_story`.
public struct OrderFacts: Sendable, Equatable {
    /// The order itself.
    public var order: OrderSummary
    /// When the row was read, by the database's clock.
    public var lookedAt: Date
    /// The earliest time to send it, set by the shop.
    public var submitAfter: Date
    /// Since when its outcome is unknown; nil: it is not in doubt.
    public var inDoubtSince: Date?
    /// Its shop is paused; none of the shop's orders are sent.
    public var shopPaused = false
    /// When the next test order is sent; nil while paused: the shop has to be resumed.
    public var shopPausedUntil: Date?
    /// Why the shop is paused, and what to do.
    public var shopPauseReason: String?
    /// Requests of the shop's rate group that may be sent now; nil: no limit.
    public var allowanceLeft: Int?
    /// When the next request may be sent, if none may now.
    public var allowanceNextAt: Date?
    /// Number of the shop's orders that are sent before it; nil: it is not pending.
    public var ahead: Int?
    /// Seconds until it has been sent and answered; nil: not due, or not known.
    public var turnSeconds: Double?
    /// The worker that is sending it; nil: the order is not submitting.
    public var heldBy: String?
    /// That worker's state; nil: it has no status row.
    public var holderState: WorkerReport.State?
    /// At least one worker is running.
    public var workerRuns = true
    /// Its personal data was erased, so it cannot be sent again.
    public var isErased = false
}

extension OrderFacts {
    /// Reads a row of `order_story` of `sql/queries/reading.sql`.
    init(_ row: Row) throws {
        order = try OrderSummary(row)
        lookedAt = try row.date("looked_at")
        submitAfter = try row.date("submit_after")
        inDoubtSince = try row.optionalDate("in_doubt_since")
        shopPaused = try row.bool("shop_paused")
        shopPausedUntil = try row.optionalDate("shop_paused_until")
        shopPauseReason = try row.optionalText("shop_pause_reason")
        allowanceLeft = try row.optionalInt("allowance_left")
        allowanceNextAt = try row.optionalDate("allowance_next_at")
        ahead = try row.optionalInt("ahead")
        turnSeconds = try row.optionalDouble("turn_seconds")
        heldBy = try row.optionalText("held_by")
        holderState = try row.optionalText("holder_state").flatMap(WorkerReport.State.init)
        workerRuns = try row.bool("worker_runs")
        isErased = try row.bool("erased")
    }
}
