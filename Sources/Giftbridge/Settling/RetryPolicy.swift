import SmartGift

/// How often and how fast Giftbridge retries, and which words it accepts as proof of a sale.
struct RetryPolicy: Sendable {
    /// The delay before the second attempt.
    var base: Duration = .seconds(1)
    /// Maximum delay.
    var maximum: Duration = .seconds(300)
    /// Number of counted attempts before an order is marked `failed`, 1 or more.
    var maximumAttempts = 25
    /// Number of verifications without a clear answer before an order waits for an operator, 1 or more.
    var maximumVerifications = 10
    /// How long an order stays in doubt before it is verified.
    var verifyAfter: Duration = .seconds(60)
    /// Words, in lower case, that mean "this code is already taken", which proves a sale on verification.
    var takenWords = Refusal.wordsForTaken
    /// How long to wait after a 429 that names no time.
    var throttleWait: Duration = .seconds(60)

    /// Exponential backoff with jitter: the delay doubles with each attempt up to the longest, and its second half is
    /// random, so that orders that failed together are not all retried together.
    ///
    /// - Parameters:
    ///   - attempts: Attempts made, 1 or more.
    ///   - jitter: 0 to 1.
    func backoff(attempts: Int, jitter: Double) -> Duration {
        let doubled = base * Int(1 << min(max(attempts - 1, 0), 30))
        let delay = min(doubled, maximum)
        return delay / 2 + (delay / 2) * jitter
    }

    /// The delay before an order in doubt is verified (again): `verifyAfter`, doubling with each verification that
    /// left it in doubt, up to the maximum delay or `verifyAfter`, whichever is longer.
    ///
    /// - Parameter failures: Verifications in a row that ended in doubt, 0 or more.
    func verification(after failures: Int) -> Duration {
        min(verifyAfter * Int(1 << min(failures, 30)), max(maximum, verifyAfter))
    }
}
