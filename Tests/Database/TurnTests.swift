import LibPQ
import TestSupport
import Testing

@testable import Giftbridge

extension DatabaseTests {
    /// Settle and claim in one transaction and one round trip.
    struct TurnTests {
        private static let claim = OrderQueue.Claim(slots: 10, lease: .seconds(120), verifyAfter: .seconds(60))

        @Test func resultsAreWrittenAndOrdersTakenInOneTransaction() async throws {
            let test = try await TestQueue.make()
            let sold = try await test.claimedOrder()
            try await test.insert(2)
            let (settled, claimed) = try await test.queue.settle([.sold(sold)], claiming: Self.claim)
            #expect(settled.map(\.isApplied) == [true])
            #expect(try claimed?.get().orders().map { try $0.get().orderID } == [sold.orderID + 1, sold.orderID + 2])
            #expect(
                try await test.column("SELECT status FROM giftbridge.orders ORDER BY id")
                    == ["completed", "submitting", "submitting"])
            #expect(
                try await test.int("SELECT count(DISTINCT xmin::text) FROM giftbridge.orders") == 1, "one transaction")
        }

        /// A database or role with another isolation level has the claim refused, every time.
        @Test func aClaimThatFailsDoesNotHoldUpWhatWasSold() async throws {
            let test = try await TestQueue.make()
            let sold = try await test.claimedOrder()
            try await test.insert(1)
            try await test.run("SET default_transaction_isolation = 'repeatable read'")
            let (settled, claimed) = try await test.queue.settle([.sold(sold)], claiming: Self.claim)
            #expect(settled.map(\.isApplied) == [true])
            let error = #expect(throws: ServerError.self) { try claimed?.get() }
            #expect(error?.sqlState == "25000")
            #expect(
                try await test.column("SELECT status FROM giftbridge.orders ORDER BY id") == ["completed", "pending"])
        }

        @Test func aResultThatIsRefusedTakesNothing() async throws {
            let test = try await TestQueue.make()
            var sold = Settlement.sold(try await test.claimedOrder())
            sold.response = String(repeating: "x", count: 5000)
            try await test.insert(1)
            let error = await #expect(throws: ServerError.self) {
                try await test.queue.settle([sold], claiming: Self.claim)
            }
            #expect(error?.sqlState == "23514")
            #expect(
                try await test.column("SELECT status FROM giftbridge.orders ORDER BY id") == ["submitting", "pending"])
            #expect(try await test.int("SELECT count(*) FROM giftbridge.submissions") == 1)
        }

        /// Whoever claims next must find the shop stopped.
        @Test func whatStopsAShopStandsBeforeAnythingIsTaken() async throws {
            let test = try await TestQueue.make()
            var fault = Settlement(
                of: try await test.claimedOrder(), .retry, .pending, error: "The key is wrong.", dueIn: .zero)
            fault.counts = false
            fault.consequence = .setupFault("The key is wrong.")
            try await test.insert(1)
            let (settled, claimed) = try await test.queue.settle([fault], claiming: Self.claim)
            #expect(settled.map(\.isApplied) == [true])
            #expect(claimed.map { _ in true } == nil, "not in the same transaction")
            #expect(try await test.value("SELECT paused FROM giftbridge.shops") == "t")
            #expect(
                try await test.column("SELECT status FROM giftbridge.orders ORDER BY id") == ["pending", "pending"])
        }

        /// The claim holds the locks of rate groups, and the settle of another worker may wait for those with the shop's in hand.
        @Test func aClaimDoesNotWaitForAShopThatSomebodyHolds() async throws {
            let test = try await TestQueue.make()
            try await test.insert(1)
            try await test.run(
                "UPDATE giftbridge.shops SET paused = true, pause_reason = 'x', paused_until = now() - interval '1 s'")
            try await test.run("SET lock_timeout = '2 s'")
            let other = try await test.other()
            try await other.connection.transaction { transaction in
                try await transaction.query("SELECT FROM giftbridge.shops FOR UPDATE")
                #expect(try await test.claim().isEmpty)
            }
            #expect(try await test.claim().count == 1, "the probe")
        }
    }
}
