import LibPQ

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// All that decides what happens to an order next: a row of the view `giftbridge.order_story`.
public struct OrderFacts: Sendable, Equatable {
    /// The order itself.
    public var order: OrderSummary
    /// When the row was read, by the database's clock.
    public var lookedAt: Date
    /// Not sent before, as the shop asked.
    public var submitAfter: Date
    /// Since when it may be sold without the bridge knowing; nil: it is not in doubt.
    public var inDoubtSince: Date?
    /// Nothing of its shop is sent.
    public var shopPaused = false
    /// When one order probes again; nil while paused: when a person resumes the shop.
    public var shopPausedUntil: Date?
    /// Why, and what to do.
    public var shopPauseReason: String?
    /// Requests of the shop's rate group that may leave now; nil: no limit.
    public var allowanceLeft: Int?
    /// When the next one may, if none may now.
    public var allowanceNextAt: Date?
    /// Orders of the shop that are sent before it; nil: it is not pending.
    public var ahead: Int?
    /// Until its turn has come and been answered; nil: not due, or not known.
    public var turnSeconds: Double?
    /// The worker whose request may be on the way; nil: the order is not submitting.
    public var heldBy: String?
    /// What that worker says of itself; nil: it has no row.
    public var holderState: WorkerReport.State?
    /// Some worker lives and claims.
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
