import Testing

@testable import Giftbridge

/// Words that stand in the database, and that shops and monitors rely on (contract §1).
@Suite("Words of the contract")
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
