import Logging
import SmartGift
import Testing

@testable import Giftbridge

/// What the log has of a settlement.
@Suite("Settlements in the log")
struct SettlementLogTests {
    @Test(
        "The vendor's words may repeat what the customer wrote: the row has them, the log does not",
        arguments: [false, true])
    func vendorsWords(isVerification: Bool) {
        let refusal = Refusal(
            status: 422, message: "Invalid.",
            fields: [Refusal.Field(path: "customer.postcode", message: "NP11 4EY of John Smith is unknown.")])
        let settlement = Settlement(
            of: .of(kind: isVerification ? .verification : .sale), .refused(refusal), policy: RetryPolicy(), jitter: 0)
        #expect(settlement.error?.contains("NP11 4EY of John Smith is unknown.") == true)
        #expect(!"\(settlement.metadata)".contains("John") && !settlement.headline(of: .rejected).contains("John"))
        #expect(settlement.metadata["http_status"] == "422" && settlement.metadata["order"] == "7")
    }

    @Test("Giftbridge's own words are in the log")
    func ownWords() {
        let settlement = Settlement(
            of: .of(), .notSent(reason: "No connection."), policy: RetryPolicy(), jitter: 0)
        #expect(settlement.metadata["reason"] == "No connection.")
    }
}
