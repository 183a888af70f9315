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

    @Test("What is out of the ordinary is said, and how bad it is; a result that was applied is nothing of the kind")
    func alarms() {
        let settlement = Settlement(
            of: .of(), .notSent(reason: "No connection."), policy: RetryPolicy(), jitter: 0)
        func alarm(_ note: Settled.Note?, isApplied: Bool) -> Alarm? {
            Alarm(
                settlement,
                Settled(token: "t", orderID: 7, status: "completed", isApplied: isApplied, note: note))
        }
        for note in [Settled.Note.soldAgain, .gone, .foreign, .codesIgnored] {
            for isApplied in [true, false] {
                let alarm = alarm(note, isApplied: isApplied)
                #expect(alarm?.level == .critical && alarm?.fault != nil, "\(note)")
            }
        }
        #expect(alarm(.codesRespelled, isApplied: true)?.level == .warning)
        for note in [Settled.Note.late, nil] {
            #expect(alarm(note, isApplied: true) == nil)
            #expect(alarm(note, isApplied: false)?.level == .warning && alarm(note, isApplied: false)?.fault == nil)
        }
        #expect(Alarm(settlement, nil)?.level == .warning, "it is unknown what became of it")
    }

    @Test("Giftbridge's own words are in the log")
    func ownWords() {
        let settlement = Settlement(
            of: .of(), .notSent(reason: "No connection."), policy: RetryPolicy(), jitter: 0)
        #expect(settlement.metadata["reason"] == "No connection.")
    }
}
