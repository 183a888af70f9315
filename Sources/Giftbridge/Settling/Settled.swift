import LibPQ

/// The database's answer to one settlement.
struct Settled: Sendable {
    let token: String
    let orderID: Int
    /// The order's status afterwards; `locked`: another session has locked the order, nothing was done; `gone`: no such order.
    let status: String
    /// False: the result was not applied, because another process acted on the order meanwhile, or the order was locked.
    let isApplied: Bool
    /// What the worker has to report.
    let note: Note?

    /// As in `giftbridge.settle`.
    enum Note: String, Sendable {
        /// The result came too late; it is only in the journal.
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
