import Testing

@testable import Giftbridge

/// How long after its claim an order may still be sent.
struct SubmissionAgeTests {
    @Test(arguments: [
        (0, 30, 120, true), (5, 30, 120, true), (6, 30, 120, false), (90, 30, 120, false),
        (2, 58, 60, true), (3, 58, 60, false),
    ])
    func anOldClaimIsNotSent(age: Int, timeout: Int, lease: Int, isSent: Bool) {
        let reason = OrderSubmission.reasonNotToSend(
            age: .seconds(age), requestTimeout: .seconds(timeout), lease: .seconds(lease))
        #expect((reason == nil) == isSent)
    }
}
