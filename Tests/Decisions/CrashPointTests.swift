import Testing

@testable import Giftbridge

/// How `GIFTBRIDGE_TEST_CRASH` is read.
@Suite struct CrashPointTests {
    @Test func eachPointCanBeNamed() throws {
        for point in CrashPoint.allCases {
            let plan = try #require(CrashPoint.Plan("\(point):2"))
            #expect(plan.point == point && plan.count == 2)
        }
    }

    @Test(arguments: [
        "", "claimed", "claimed:", ":1", "claimed:0", "claimed:-1", "claimed:x", "claimed:1:", "nowhere:1",
    ])
    func anythingElseIsNoPlan(text: String) {
        #expect(CrashPoint.Plan(text) == nil)
    }
}
