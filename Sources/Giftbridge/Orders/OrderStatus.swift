/// The states of an order, as in `giftbridge.orders.status` (docs/architecture.md, "The states").
package enum OrderStatus: String, Sendable, CaseIterable, Codable {
    /// Waiting: for its turn, for `submit_after`, or for a retry.
    case pending
    /// One worker holds it, and its request is in flight.
    case submitting
    /// Sold; reference and codes are written.
    case completed
    /// The vendor, or Giftbridge's own check, says that the order is invalid.
    case rejected
    /// Given up after the retries; certainly not sold.
    case failed
    /// A request may have been processed, but its answer is lost: outcome unknown.
    case inDoubt = "in_doubt"
    /// Withdrawn before it was sent; or, by an operator, after it was in doubt.
    case cancelled
}
