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
}

extension Settled {
    /// Columns by their position in `sql/functions/settle.sql`: a name would have to be looked up for each value.
    init(_ row: Row) throws {
        orderID = try row.int(0)
        token = try row.text(1)
        status = try row.text(2)
        isApplied = try row.bool(3)
        note = try row.optionalText(4).flatMap(Note.init)
    }
}
