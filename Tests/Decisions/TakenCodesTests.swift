import SmartGift
import Testing

@testable import Giftbridge

/// A refusal because a code is taken: proof of the sale, a collision, or the shop's own mistake (contract §3).
@Suite("Codes that are taken")
struct TakenCodesTests {
    typealias Case = SettlementTests.Case

    /// The orders, the positions that the vendor says are taken, and what becomes of them.
    static let cases: [(Case, [Int], OrderStatus, Settlement.Outcome)] = [
        // A first sending whose own code is taken: a collision, never sold; new codes, once.
        (.first, [0], .pending, .retry), (.first, [1], .pending, .retry), (.first, [0, 1], .pending, .retry),
        (.later, [0], .pending, .retry), (.last, [0], .pending, .retry), (.mixed, [1], .pending, .retry),
        (.mixed, [0, 1], .pending, .retry),
        // Twice is no collision: somebody sold it, and a person has to look.
        (.renewed, [0], .inDoubt, .rejected), (.renewed, [0, 1], .inDoubt, .rejected),
        (.renewed, [2], .rejected, .rejected),
        // The shop's code is the shop's to mend.
        (.shopsCode, [0], .rejected, .rejected), (.mixed, [0], .rejected, .rejected),
        (.noCodes, [0], .rejected, .rejected),
        (.first, [2], .rejected, .rejected),
        // A verification whose own code is taken: the first one was the sale.
        (.verification, [0], .completed, .completed), (.verification, [1], .completed, .completed),
        (.laterVerification, [0, 1], .completed, .completed), (.renewedVerified, [0], .completed, .completed),
        (.mixedVerified, [1], .completed, .completed), (.mixedVerified, [0, 1], .completed, .completed),
        // Somebody else may have the shop's code: it proves nothing.
        (.mixedVerified, [0], .inDoubt, .rejected), (.shopsCodeVerified, [0, 1], .inDoubt, .rejected),
        (.noCodesVerified, [0], .inDoubt, .rejected), (.verification, [2], .inDoubt, .rejected),
    ]

    static func settle(_ kind: Case, _ positions: [Int]) -> Settlement {
        let fields = positions.map {
            Refusal.Field(path: "items.\($0).code", message: "The code has already been taken.")
        }
        return SettlementTests.settle(kind, .refused(Refusal(status: 422, message: "Invalid.", fields: fields)))
    }

    @Test("Whose code it is, and whether it was sent before, decides", arguments: cases)
    func decision(kind: Case, positions: [Int], status: OrderStatus, outcome: Settlement.Outcome) {
        let settlement = Self.settle(kind, positions)
        #expect(settlement.status == status && settlement.outcome == outcome)
        #expect(settlement.counts && settlement.httpStatus == 422 && settlement.consequence == nil)
        #expect(settlement.renewsCodes == (status == .pending))
        #expect(settlement.dueIn == (status == .pending ? .zero : nil))
        #expect(settlement.reference == nil)
        #expect(settlement.error?.isEmpty == false)
    }

    @Test("What was sold before its verification has the codes that were sent, and says that the reference is lost")
    func provenSale() {
        #expect(Self.settle(.verification, [0]).voucherCodes == ["OWNA", "OWNB"])
        #expect(Self.settle(.mixedVerified, [1]).voucherCodes == ["SHOPA", "OWNB"])
        #expect(Self.settle(.verification, [0]).error?.contains("reference") == true)
    }

    @Test("A code once sent is never changed while it may have been sold", arguments: Case.verified)
    func neverRenewed(kind: Case) {
        for positions in [[0], [1], [0, 1], [2]] {
            let settlement = Self.settle(kind, positions)
            #expect(!settlement.renewsCodes && settlement.status != .pending && settlement.status != .rejected)
        }
    }

    @Test("A code refused for its form proves no sale", arguments: Case.verified)
    func otherReason(kind: Case) {
        let field = Refusal.Field(path: "items.1.code", message: "The code may not be greater than 20 characters.")
        let settlement = SettlementTests.settle(
            kind, .refused(Refusal(status: 422, message: "Invalid.", fields: [field])))
        #expect(settlement.status == .inDoubt && settlement.dueIn == nil)
    }

    @Test("What the bridge's own check refuses was never at the vendor: no status, and no set-up is mended by it")
    func ownCheck() {
        let refusal = Refusal(
            status: 0, message: "The bridge cannot send this order: items[0].id is wrong.", fields: [])
        for isVerification in [false, true] {
            let settlement = Settlement(
                of: .unreadable(isVerification: isVerification), verdict: .refused(refusal), policy: RetryPolicy(),
                jitter: 0)
            #expect(settlement.status == (isVerification ? .inDoubt : .rejected))
            #expect(settlement.httpStatus == nil && settlement.consequence == nil && settlement.dueIn == nil)
            #expect(settlement.error?.contains("items[0].id is wrong") == true)
        }
    }
}
