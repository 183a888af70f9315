import SmartGift
import Testing

@testable import Giftbridge

/// What the evidence means for each kind of order.
@Suite("Settlement")
struct SettlementTests {
    static let first = ClaimedOrder.of()
    static let later = ClaimedOrder.of(attempt: 4)
    static let last = ClaimedOrder.of(attempt: 25)
    static let verified = ClaimedOrder.of(attempt: 2, kind: .verification, wasInDoubt: true)
    static let verifiedAgain = ClaimedOrder.of(attempt: 6, kind: .verification, verifications: 4, wasInDoubt: true)
    static let refusedBefore = ClaimedOrder.of(attempt: 2, wasRefused: true)
    static let noCodes = ClaimedOrder.of(codes: [nil, nil], assigned: [nil, nil])
    static let shopsCodes = ClaimedOrder.of(codes: ["SHOPA", "SHOPB"], assigned: [nil, nil])
    static let all = [first, later, last, verified, verifiedAgain, refusedBefore, noCodes, shopsCodes]

    static func settle(_ order: ClaimedOrder, _ evidence: Evidence) -> Settlement {
        Settlement(of: order, evidence, policy: RetryPolicy(), jitter: 1)
    }

    static let receipt = Receipt(orderReference: "ACME-100045", voucherCodes: ["X", "Y"])
    static let refusal = Refusal(
        status: 422, message: "Invalid.", fields: [Refusal.Field(path: "payment_method", message: "Unknown.")])

    @Test("Sold is completed with reference and codes, whichever order it is; a prefixed reference is no alarm")
    func sold() {
        for order in Self.all {
            #expect(
                Self.settle(order, .sold(Self.receipt, .exact))
                    == .expected(
                        .completed, .completed, reference: "ACME-100045", voucherCodes: ["X", "Y"], proof: .exact))
        }
    }

    @Test(
        "Codes that are not those sent are said",
        arguments: [(CodeMatch.respelled, Settlement.Proof.respelled), (.unknown, .unknown)])
    func otherCodes(match: CodeMatch, proof: Settlement.Proof) {
        let result = Self.settle(Self.first, .sold(Self.receipt, match))
        #expect(result.proof == proof && result.status == .completed && result.error?.hasPrefix("Sold") == true)
        #expect(Self.settle(Self.noCodes, .sold(Self.receipt, .unstipulated)).proof == .unstipulated)
    }

    @Test("All assigned codes taken is the sale, on a first attempt too: an earlier copy of the request was sold")
    func allTaken() {
        for order in [Self.first, Self.later, Self.verified] {
            let result = Self.settle(order, .allTaken(Self.refusal))
            #expect(result.status == .completed && result.proof == .taken && result.reference == nil)
            #expect(result.voucherCodes == ["OWNA", "OWNB"] && result.httpStatus == 422)
        }
    }

    @Test("After a refusal the vendor may have kept the codes: taken proves nothing then")
    func allTakenAfterARefusal() {
        let result = Self.settle(Self.refusedBefore, .allTaken(Self.refusal))
        #expect(result.outcome == .inDoubt && result.status == .inDoubt && result.dueIn == nil && result.proof == nil)
    }

    @Test("Only some codes taken is unclear: a look-up or an operator decides")
    func partlyTaken() {
        for order in Self.all {
            let result = Self.settle(order, .partlyTaken(positions: [0], sentence: "Some codes are taken."))
            #expect(result.outcome == .inDoubt && result.status == .inDoubt && result.dueIn == nil)
        }
    }

    @Test("A refusal rejects, in the vendor's words with the field; the database knows what was in doubt")
    func refused() {
        for order in Self.all {
            #expect(
                Self.settle(order, .refused(Self.refusal))
                    == .expected(.rejected, .rejected, httpStatus: 422, error: "payment_method: Unknown."))
        }
    }

    @Test(
        "A 429 counts nothing, and stops the allowance",
        arguments: [(Duration?.none, Duration.seconds(60)), (.seconds(7), .seconds(7)), (.zero, .seconds(1))])
    func throttled(retryAfter: Duration?, wait: Duration) {
        for order in Self.all {
            let result = Self.settle(order, .throttled(retryAfter: retryAfter))
            #expect(
                result.outcome == .retry && !result.counts && result.dueIn == .zero && result.effect == .throttled(wait)
            )
        }
    }

    @Test("A wrong set-up counts nothing, and sets the key aside")
    func misconfigured() {
        for order in Self.all {
            let result = Self.settle(order, .misconfigured(reason: "The key is wrong."))
            #expect(result.outcome == .retry && !result.counts && result.effect == .setup)
            #expect(result.error == "The key is wrong.")
        }
    }

    @Test("An address out of reach counts nothing, and is probed; a fault of this machine is said as such")
    func unreachable() {
        for order in Self.all {
            let away = Self.settle(order, .unreachable(reason: "No route.", isLocal: false))
            #expect(away.outcome == .retry && !away.counts && away.effect == .unreachable(.seconds(1)))
            #expect(away.dueIn == .seconds(300), "the longest delay of a probe")
            let local = Self.settle(order, .unreachable(reason: "No descriptors.", isLocal: true))
            #expect(local.outcome == .retry && !local.counts && local.effect == nil && local.dueIn == .seconds(1))
            #expect(local.error == "This machine cannot send: No descriptors.")
        }
    }

    @Test("Not sent is retried with backoff, and given up after the last attempt; an order in doubt is not")
    func notSent() {
        let evidence = Evidence.notSent(reason: "Cancelled.")
        #expect(
            Self.settle(Self.first, evidence) == .expected(.retry, .pending, dueIn: .seconds(1), error: "Cancelled."))
        #expect(Self.settle(Self.later, evidence).dueIn == .seconds(8))
        let given = Self.settle(Self.last, evidence)
        #expect(given.status == .failed && given.error?.hasPrefix("Given up after 25 attempts; not sold.") == true)
        let doubt = Self.settle(Self.verified, evidence)
        #expect(doubt.outcome == .retry && doubt.status == .inDoubt && !doubt.counts)
    }

    @Test("Unclear is in doubt, and verified later, less and less often")
    func unclear() {
        for (order, wait) in [(Self.first, 60), (Self.later, 60), (Self.verified, 120), (Self.verifiedAgain, 300)] {
            #expect(
                Self.settle(order, .unclear(reason: "HTTP 500."))
                    == .expected(.inDoubt, .inDoubt, dueIn: .seconds(wait), error: "Outcome unknown. HTTP 500."))
        }
    }

    @Test("A look-up says whether the code exists, and decides nothing else")
    func lookUp() {
        let order = ClaimedOrder.of(kind: .lookup, wasInDoubt: true)
        func settle(_ evidence: LookupEvidence) -> Settlement {
            Settlement(of: order, evidence, policy: RetryPolicy(), jitter: 1)
        }
        #expect(settle(.exists).isFound == true && settle(.doesNotExist).isFound == false)
        for evidence in [LookupEvidence.exists, .doesNotExist] { #expect(settle(evidence).status == .inDoubt) }
        for evidence: LookupEvidence in [
            .siteRefused(reason: "r"), .throttled(retryAfter: nil), .misconfigured(reason: "r"), .unclear(reason: "r"),
            .unreachable(reason: "r", isLocal: false),
        ] {
            #expect(settle(evidence).isFound == nil && settle(evidence).status != .completed)
        }
        #expect(settle(.siteRefused(reason: "r")).dueIn == nil && settle(.unclear(reason: "r")).dueIn == .seconds(120))
    }

    @Test("What Giftbridge itself refuses was never at the vendor: no status")
    func ownRefusal() {
        let refusal = Refusal(status: 0, message: "Giftbridge cannot send this order.", fields: [])
        let result = Self.settle(.unreadable(), .refused(refusal))
        #expect(result.status == .rejected && result.httpStatus == nil)
    }

    @Test("A released order counts nothing")
    func released() {
        let result = Settlement(releasing: Self.first, because: "Not sent.")
        #expect(result.outcome == .released && !result.counts && result.status == .pending)
    }
}

/// How fast the bridge tries again, and how often.
@Suite("Retry policy")
struct RetryPolicyTests {
    @Test("The defaults are the documents'")
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

/// Words that stand in the database, and that shops and monitors rely on.
@Suite("Words that others rely on")
struct OrderStatusTests {
    @Test("The states of an order")
    func states() {
        #expect(
            Set(OrderStatus.allCases.map(\.rawValue)) == [
                "pending", "submitting", "completed", "rejected", "failed", "in_doubt", "cancelled",
            ])
    }

    @Test(
        "The outcomes of the journal",
        arguments: [
            (.completed, "completed"), (.rejected, "rejected"), (.retry, "retry"), (.inDoubt, "in_doubt"),
            (.released, "released"),
        ] as [(Settlement.Outcome, String)])
    func outcomes(outcome: Settlement.Outcome, word: String) {
        #expect(outcome.rawValue == word)
    }
}
