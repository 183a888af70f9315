import Testing

@testable import Giftbridge

/// How fast the bridge tries again, and how often.
@Suite("Retry policy")
struct RetryPolicyTests {
    @Test("The defaults are the contract's")
    func defaults() {
        let policy = RetryPolicy()
        #expect(policy.base == .seconds(1) && policy.maximum == .seconds(300) && policy.maximumAttempts == 25)
        #expect(policy.verifyAfter == .seconds(60))
    }

    @Test(
        "The delay doubles up to the longest, and half of it is jitter",
        arguments: [(1, 1), (2, 2), (3, 4), (4, 8), (8, 128), (9, 256), (10, 300), (11, 300), (25, 300), (1000, 300)])
    func doubles(attempts: Int, seconds: Int) {
        let policy = RetryPolicy()
        #expect(policy.backoff(attempts: attempts, jitter: 1) == .seconds(seconds))
        #expect(policy.backoff(attempts: attempts, jitter: 0) == .seconds(seconds) / 2)
        #expect(policy.backoff(attempts: attempts, jitter: 0.5) == .seconds(seconds) * 3 / 4)
    }

    static let policies: [RetryPolicy] = [
        RetryPolicy(), RetryPolicy(base: .milliseconds(1), maximum: .seconds(1)),
        RetryPolicy(base: .seconds(10), maximum: .seconds(3), verifyAfter: .milliseconds(5)),
        RetryPolicy(base: .milliseconds(333), maximum: .seconds(7), verifyAfter: .seconds(86_400)),
        // The longest that a setting can be: a hundred years.
        RetryPolicy(
            base: .seconds(36_600 * 86_400), maximum: .seconds(36_600 * 86_400), verifyAfter: .seconds(36_600 * 86_400)),
    ]

    @Test("Within its bounds and never shorter than before, for any number of attempts", arguments: policies)
    func bounds(policy: RetryPolicy) {
        let attempts = Array(-2...70) + [1000, 1_000_000, Int(Int32.max), Int.max]
        for jitter in [0, 0.25, 0.5, 0.999, 1] {
            var last = Duration.zero
            for attempt in attempts {
                let delay = policy.backoff(attempts: attempt, jitter: jitter)
                #expect(delay >= last, "attempt \(attempt), jitter \(jitter)")
                // A double carries the jitter: its last digits are not worth a name.
                #expect(delay <= policy.maximum + .microseconds(1) && delay > .zero)
                #expect(delay >= min(policy.base, policy.maximum) / 2)
                last = delay
            }
        }
    }

    @Test("Random jitter spreads what failed together over the second half")
    func spread() {
        let delays = (0..<1000).map { _ in RetryPolicy().backoff(attempts: 5, jitter: .random(in: 0...1)) }
        #expect(delays.allSatisfy { $0 >= .seconds(8) && $0 <= .seconds(16) })
        #expect(Set(delays).count > 900)
    }

    @Test(
        "Verification waits, then doubles up to the longest",
        arguments: [(0, 60), (1, 120), (2, 240), (3, 300), (50, 300)])
    func verification(failures: Int, seconds: Int) {
        #expect(RetryPolicy().verification(after: failures) == .seconds(seconds))
    }

    @Test("Verification never comes sooner than it may, nor overflows", arguments: policies)
    func verificationBounds(policy: RetryPolicy) {
        var last = Duration.zero
        for attempt in Array(0...70) + [1_000_000, Int.max] {
            let delay = policy.verification(after: attempt)
            #expect(delay >= policy.verifyAfter && delay >= last && delay <= max(policy.maximum, policy.verifyAfter))
            last = delay
        }
    }
}
