import Testing

@testable import Giftbridge

extension DatabaseTests {
    /// The vendor says that its window is used up.
    @Suite struct AllowanceSpentTests {
        private static let throttled = """
            SELECT ceil(extract(epoch FROM max(throttled_until) - now()) / 20) * 20 FROM giftbridge.shops
            """

        private func settle(_ test: TestQueue, _ order: ClaimedOrder, for wait: Duration) async throws {
            var sold = Settlement.sold(order)
            sold.httpStatus = 200
            sold.consequence = .allowanceSpent(wait)
            try await test.settle(sold)
        }

        @Test func somethingElseThatUsesTheKeyIsWaitedFor() async throws {
            let test = try await TestQueue.make()
            try await test.insert(5)
            let orders = try await test.claim(2)
            try await settle(test, orders[0], for: .seconds(20))
            #expect(try await test.value(Self.throttled) == "20")
            #expect(try await test.claim(1).isEmpty)
        }

        @Test func waitIsNoLongerThanTheWindow() async throws {
            let test = try await TestQueue.make()
            try await test.insert(5)
            try await settle(test, try #require(try await test.claim(1).first), for: .seconds(3600))
            #expect(try await test.value(Self.throttled) == "60")
        }

        @Test func ourOwnUseOfTheWholeAllowanceStopsNothing() async throws {
            let test = try await TestQueue.make()
            try await test.run("UPDATE giftbridge.shops SET rate_limit = 3")
            try await test.insert(5)
            let orders = try await test.claim(5)
            #expect(orders.count == 3)
            try await settle(test, orders[2], for: .seconds(20))
            #expect(try await test.value(Self.throttled) == nil)
        }
    }
}
