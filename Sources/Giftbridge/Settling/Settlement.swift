import LibPQ
import SmartGift

/// The result of one request as it is written back: the journal's outcome and the order's next state.
struct Settlement: Sendable, Equatable {
    /// The outcome as in `giftbridge.submissions.outcome`.
    enum Outcome: String, Sendable, CaseIterable {
        case completed, rejected, retry
        case inDoubt = "in_doubt"
        /// Returned to the queue unsent.
        case released
    }

    /// The proof that an order is sold, as in `p_matches` of `giftbridge.settle`.
    enum Proof: String, Sendable {
        /// An answer with exactly the codes that were sent; with ours in another spelling; with unknown codes; or with the
        /// vendor's codes for an order that was sent without any.
        case exact, respelled, unknown, unstipulated
        /// A refusal in which all assigned codes are taken.
        case taken
    }

    /// What an answer means beyond its order.
    enum Effect: Sendable, Equatable {
        /// No request of the shop's allowance is sent before this time is over.
        case throttled(Duration)
        /// The vendor's window is used up and ends after this time; if our count differs, something else uses the key.
        case spent(Duration)
        /// The key is set aside for the shop, and probed later.
        case setup
        /// The vendor's address is probed with one order at a time, first after this.
        case unreachable(Duration)
    }

    let token: String
    let orderID: Int
    let lane: Lane
    let outcome: Outcome
    /// The order's next state. The database has the last word: what was ever in doubt does not become rejected.
    let status: OrderStatus
    /// Whether the attempt counts towards the maximum number of attempts.
    var counts = true
    /// When Giftbridge acts on the order next; nil: not automatically, or, of an order in doubt, with a look-up.
    var dueIn: Duration?
    var httpStatus: Int?
    /// One sentence for the shop, in `orders.error`; without codes and personal data.
    var error: String?
    /// The same for the journal.
    var journalError: String?
    /// The answer's first 4 kB, without codes and e-mail addresses.
    var response: String?
    var reference: String?
    var voucherCodes: [String]?
    var proof: Proof?
    var effect: Effect?
    /// Of a look-up: whether the code exists; nil: not known.
    var isFound: Bool?
    /// How long the request took; nil: none was sent.
    var took: Duration?
}

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
