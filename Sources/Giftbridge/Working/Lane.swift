/// Orders that are claimed together: those of one shop with the same number in `giftbridge.due.lane`.
struct Lane: Sendable, Hashable {
    let shop: String
    /// The negated priority (-100 to 100) of new orders; ``again`` and above: orders that are sent again.
    let number: Int

    /// Retries, verifications and look-ups.
    static let again = 200

    /// Whether its orders are sent for the first time.
    var isFresh: Bool { number < Self.again }

    /// Whether its orders have a priority above the default.
    var isUrgent: Bool { number < 0 }
}
