/// What is claimed together: one shop's orders of one number in `giftbridge.due.lane`.
struct Lane: Sendable, Hashable {
    let shop: String
    /// The negated priority (-100 to 100) of fresh orders; ``again`` and above: what is sent again.
    let number: Int

    /// Retries, verifications and look-ups.
    static let again = 200

    /// Whether its orders were not sent before.
    var isFresh: Bool { number < Self.again }

    /// Whether its orders were given a priority above the usual one.
    var isUrgent: Bool { number < 0 }
}
