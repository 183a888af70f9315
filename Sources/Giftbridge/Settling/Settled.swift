import LibPQ

/// What became of one settlement.
struct Settled: Sendable {
    let token: String
    let orderID: Int
    /// The order's status after the settle; `locked`: another session holds the order, nothing was done; `gone`: there is none.
    let status: String
    /// False: the fence held, because another process acted on the order meanwhile; or it was locked.
    let isApplied: Bool
    /// What the worker has to know of it.
    let note: Note?

    /// As in `giftbridge.settle`.
    enum Note: String, Sendable {
        /// The result came late; it is in the journal only.
        case late
        /// The order may have been sold twice: two accepted answers have different references.
        case soldAgain = "sold_again"
        /// Sold, but this database has no such order.
        case gone
        /// The answer has codes of another order.
        case foreign
        /// The vendor ignored the codes that were sent and used its own.
        case codesIgnored = "codes_ignored"
        /// The vendor spells codes differently.
        case codesRespelled = "codes_respelled"
    }

    init(_ row: Row) throws {
        token = try row.text("token")
        orderID = try row.int("order_id")
        status = try row.text("status")
        isApplied = try row.bool("is_applied")
        note = try row.optionalText("note").flatMap(Note.init)
    }
}
