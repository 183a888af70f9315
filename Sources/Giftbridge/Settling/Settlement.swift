/// What is to be written back of one submission: the journal's outcome and the order's next state.
struct Settlement: Sendable, Equatable {
    /// The journal's word for it, as in `giftbridge.submissions.outcome`.
    enum Outcome: String, Sendable, CaseIterable {
        case completed, rejected, retry
        case inDoubt = "in_doubt"
        /// Put back, never sent.
        case released
    }

    /// What an answer means beyond its order.
    enum Consequence: Sendable, Equatable {
        /// Nothing of the shop's rate group leaves before this is over.
        case throttled(Duration)
        /// The vendor's window has nothing left and closes then; if the journal knows better, something else uses the key.
        case allowanceSpent(Duration)
        /// The shop is paused, and probed later.
        case setupFault(String)
    }

    let submissionID: Int
    let orderID: Int
    let shop: String
    let outcome: Outcome
    /// The order's next state.
    let status: OrderStatus
    /// Whether the attempt counts towards the most that are made.
    var counts = true
    /// When the bridge acts on the order next: retry or verification; nil: never by itself.
    var dueIn: Duration?
    /// The order gets new codes at its next claim.
    var renewsCodes = false
    var httpStatus: Int?
    /// One sentence for the shop, in `orders.error`; without codes and personal data.
    var error: String?
    /// The same for the journal.
    var journalError: String?
    /// The answer's first 4 kB, blotted.
    var response: String?
    var reference: String?
    var voucherCodes: [String]?
    var consequence: Consequence?
    /// How long the request took; nil: none was sent.
    var took: Duration?
}
