import SmartGift
import Testing

@testable import Giftbridge

/// What the evidence means for each kind of order (contract §3).
@Suite("Settlement")
struct SettlementTests {
    /// The kinds of orders that evidence can meet.
    enum Case: CaseIterable {
        case first, later, last, verification, laterVerification
        case noCodes, shopsCode, mixed, renewed
        case noCodesVerified, shopsCodeVerified, mixedVerified, renewedVerified

        var order: ClaimedOrder {
            switch self {
            case .first: ClaimedOrder.of()
            case .later: ClaimedOrder.of(attempts: 4)
            case .last: ClaimedOrder.of(attempts: 25)
            case .verification: ClaimedOrder.of(attempts: 2, isVerification: true)
            case .laterVerification: ClaimedOrder.of(attempts: 40, isVerification: true)
            case .noCodes: ClaimedOrder.of(codes: [nil, nil], assigned: [])
            case .shopsCode: ClaimedOrder.of(codes: ["SHOPA", "SHOPB"], assigned: [nil, nil])
            case .mixed: ClaimedOrder.of(codes: ["SHOPA", "OWNB"], assigned: [nil, "OWNB"])
            case .renewed: ClaimedOrder.of(codesRenewed: true)
            case .noCodesVerified: ClaimedOrder.of(attempts: 2, isVerification: true, codes: [nil, nil], assigned: [])
            case .shopsCodeVerified:
                ClaimedOrder.of(attempts: 2, isVerification: true, codes: ["SHOPA", "SHOPB"], assigned: [nil, nil])
            case .mixedVerified:
                ClaimedOrder.of(attempts: 2, isVerification: true, codes: ["SHOPA", "OWNB"], assigned: [nil, "OWNB"])
            case .renewedVerified: ClaimedOrder.of(attempts: 2, isVerification: true, codesRenewed: true)
            }
        }

        static let verified: [Case] = [
            .verification, .laterVerification, .noCodesVerified, .shopsCodeVerified, .mixedVerified, .renewedVerified,
        ]
        static let unverified = allCases.filter { !verified.contains($0) }
    }

    static func settle(_ kind: Case, _ evidence: Evidence) -> Settlement {
        Settlement(of: kind.order, evidence: evidence, policy: RetryPolicy(), jitter: 1)
    }

    static let receipt = Receipt(orderReference: "100045", voucherCodes: ["X", "Y"])
    static let refusal = Refusal(
        status: 422, message: "Invalid.", fields: [Refusal.Field(path: "payment_method", message: "Unknown.")])
    static let invalid = Evidence.refused(refusal)

    @Test("Every settlement belongs to its submission, order and shop", arguments: Case.allCases)
    func identity(kind: Case) {
        for evidence in [
            .sold(Self.receipt, .exact), .allTaken(Self.refusal), .partlyTaken(positions: [0], sentence: "s"),
            Self.invalid, .throttled(retryAfter: nil), .misconfigured(reason: "r"),
            .unreachable(reason: "r", isLocal: false), .notSent(reason: "r"), .unclear(reason: "r"),
        ] {
            let settlement = Self.settle(kind, evidence)
            #expect([settlement.submissionID, settlement.orderID] == [11, 7] && settlement.shop == "default")
        }
    }

    @Test("Sold is completed, with reference and codes, whichever order it is", arguments: Case.allCases)
    func sold(kind: Case) {
        #expect(
            Self.settle(kind, .sold(Self.receipt, .exact))
                == .expected(
                    .completed, .completed, reference: "100045", voucherCodes: ["X", "Y"]))
    }

    @Test("A reference that differs from the one sent is normal", arguments: Case.allCases)
    func prefixed(kind: Case) {
        let settlement = Self.settle(
            kind, .sold(Receipt(orderReference: "ACME-100045", voucherCodes: ["X", "Y"]), .exact))
        #expect(settlement.status == .completed && settlement.reference == "ACME-100045" && settlement.error == nil)
    }

    @Test(
        "All assigned codes taken is the sale: with the codes that were sent, without a reference",
        arguments: [Case.first, .later, .mixed, .verification, .mixedVerified, .renewed])
    func allTaken(kind: Case) {
        let settlement = Self.settle(kind, .allTaken(Self.refusal))
        #expect(settlement.status == .completed && settlement.outcome == .completed && settlement.reference == nil)
        #expect(settlement.voucherCodes == [[.mixed, .mixedVerified].contains(kind) ? "SHOPA" : "OWNA", "OWNB"])
        #expect(settlement.error?.contains("no reference") == true && settlement.httpStatus == 422)
        #expect(settlement.dueIn == nil && settlement.counts && !settlement.renewsCodes)
    }

    @Test("Some codes taken waits for an operator, on whichever attempt", arguments: Case.allCases)
    func partlyTaken(kind: Case) {
        let settlement = Self.settle(kind, .partlyTaken(positions: [0], sentence: "One is taken."))
        #expect(settlement.status == .inDoubt && settlement.outcome == .rejected && settlement.dueIn == nil)
        #expect(settlement.error?.hasPrefix("One is taken.") == true && !settlement.renewsCodes)
    }

    @Test(
        "A refusal rejects in the vendor's words; a verification that is refused stays in doubt for a person",
        arguments: Case.allCases)
    func refused(kind: Case) {
        let settlement = Self.settle(kind, Self.invalid)
        if Case.verified.contains(kind) {
            #expect(
                settlement
                    == .expected(
                        .rejected, .inDoubt, httpStatus: 422,
                        error: "Outcome unknown: the check was refused for a different reason. Ask the vendor, "
                            + "then resolve the order. payment_method: Unknown."))
        } else {
            #expect(
                settlement
                    == .expected(
                        .rejected, .rejected, httpStatus: 422, error: "payment_method: Unknown."))
        }
    }

    @Test(
        "429 puts the order back uncounted, and stops the group for as long as the vendor says",
        arguments: Case.allCases)
    func throttled(kind: Case) {
        for (said, wait) in [(nil, .seconds(60)), (.zero, .seconds(1)), (.seconds(17), .seconds(17))]
            as [(Duration?, Duration)]
        {
            #expect(
                Self.settle(kind, .throttled(retryAfter: said))
                    == .expected(
                        .retry, Case.verified.contains(kind) ? .inDoubt : .pending, counts: false, dueIn: .zero,
                        error: "The vendor's rate limit was reached.", consequence: .throttled(wait)))
        }
    }

    @Test("A wrong set-up puts the order back uncounted, and pauses the shop with the reason", arguments: Case.allCases)
    func misconfigured(kind: Case) {
        #expect(
            Self.settle(kind, .misconfigured(reason: "Check the key."))
                == .expected(
                    .retry, Case.verified.contains(kind) ? .inDoubt : .pending, counts: false, dueIn: .zero,
                    error: "Check the key.", consequence: .setupFault("Check the key.")))
    }

    @Test("What never left is released, uncounted, to where it was", arguments: Case.allCases)
    func released(kind: Case) {
        let settlement = Settlement(releasing: kind.order)
        #expect(settlement.outcome == .released && !settlement.counts && settlement.dueIn == .seconds(1))
        #expect(settlement.status == (Case.verified.contains(kind) ? .inDoubt : .pending))
        #expect(settlement.consequence == nil && !settlement.renewsCodes)
    }

    static let notSentCases: [(Case, OrderStatus, Duration?)] = [
        (.first, .pending, .seconds(1)), (.later, .pending, .seconds(8)), (.last, .failed, nil),
        (.noCodes, .pending, .seconds(1)),
        (.shopsCode, .pending, .seconds(1)), (.mixed, .pending, .seconds(1)), (.renewed, .pending, .seconds(1)),
        (.verification, .inDoubt, .seconds(2)), (.laterVerification, .inDoubt, .seconds(300)),
        (.noCodesVerified, .inDoubt, .seconds(2)), (.shopsCodeVerified, .inDoubt, .seconds(2)),
        (.mixedVerified, .inDoubt, .seconds(2)), (.renewedVerified, .inDoubt, .seconds(2)),
    ]

    @Test(
        "Not sent is tried again with backoff, and failed after the last attempt; what is in doubt stays so",
        arguments: notSentCases)
    func notSent(kind: Case, status: OrderStatus, dueIn: Duration?) {
        let reason = status == .failed ? "Given up after 25 attempts; not sold. No route." : "No route."
        for evidence in [Evidence.notSent(reason: "No route."), .unreachable(reason: "No route.", isLocal: false)] {
            #expect(Self.settle(kind, evidence) == .expected(.retry, status, dueIn: dueIn, error: reason))
        }
    }

    static let inDoubtCases: [(Case, Duration?)] = [
        (.first, .seconds(60)), (.later, .seconds(60)), (.last, .seconds(60)), (.mixed, .seconds(60)),
        (.renewed, .seconds(60)),
        (.verification, .seconds(120)), (.laterVerification, .seconds(300)), (.mixedVerified, .seconds(120)),
        (.renewedVerified, .seconds(120)),
        // Nothing of these is ever sent again by itself.
        (.noCodes, nil), (.shopsCode, nil), (.noCodesVerified, nil), (.shopsCodeVerified, nil),
    ]

    @Test(
        "Unclear is verified later where a code that Giftbridge assigned can prove it, and never else",
        arguments: inDoubtCases)
    func inDoubt(kind: Case, dueIn: Duration?) {
        let rest =
            dueIn == nil
            ? "Giftbridge did not assign this order's codes, so it cannot verify the sale: ask the vendor, then resolve the order."
            : "The order will be verified."
        #expect(
            Self.settle(kind, .unclear(reason: "No answer."))
                == .expected(.inDoubt, .inDoubt, dueIn: dueIn, error: "No answer. \(rest)"))
    }

    @Test("What Giftbridge itself refuses was never at the vendor: no status, and no set-up is corrected by it")
    func ownCheck() {
        let refusal = Refusal(
            status: 0, message: "The bridge cannot send this order: items[0].id is wrong.", fields: [])
        for isVerification in [false, true] {
            let settlement = Settlement(
                of: .unreadable(isVerification: isVerification), evidence: .refused(refusal), policy: RetryPolicy(),
                jitter: 0)
            #expect(settlement.status == (isVerification ? .inDoubt : .rejected))
            #expect(settlement.httpStatus == nil && settlement.consequence == nil && settlement.dueIn == nil)
            #expect(settlement.error?.contains("items[0].id is wrong") == true)
        }
    }

    @Test("The tables have every kind of order")
    func tablesAreWhole() {
        #expect(Set(Self.notSentCases.map(\.0)) == Set(Case.allCases) && Self.notSentCases.count == Case.allCases.count)
        #expect(Set(Self.inDoubtCases.map(\.0)) == Set(Case.allCases) && Self.inDoubtCases.count == Case.allCases.count)
    }
}
