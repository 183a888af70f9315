import LibPQ
import TestSupport
import Testing

@testable import Giftbridge

extension DatabaseTests {
    struct ClaimTests {
        @Test func journalRowIsCommittedWithTheClaim() async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            let seen = try await test.other()
            let journal = try await seen.value(
                """
                SELECT concat_ws(' ', j.id, j.order_id, j.attempt, j.worker, j.rate_group, j.outcome IS NULL, j.finished_at IS NULL,
                    j.claimed_at > now() - interval '1 min') FROM giftbridge.submissions AS j
                """)
            #expect(journal == "\(order.submissionID) \(order.orderID) 1 one default t t t")
            #expect(
                try await seen.order(order.orderID, "status", "submission_id", "attempts")
                    == ["submitting", String(order.submissionID), "1"])
        }

        @Test func claimThatIsNotCommittedNeverHappened() async throws {
            let test = try await TestQueue.make()
            try await test.insert()
            try await test.run("BEGIN; SELECT giftbridge.claim('one', 1, '1 min', '1 min'); ROLLBACK")
            #expect(try await test.int("SELECT count(*) FROM giftbridge.submissions") == 0)
            #expect(try await test.claim().first?.attempts == 1)
        }

        @Test func leaseIsTheDatabasesTime() async throws {
            let test = try await TestQueue.make()
            try await test.insert()
            let order = try #require(try await test.claim(lease: .seconds(90)).first)
            #expect(
                try await test.value(
                    """
                    SELECT (o.due_at = j.claimed_at + interval '90 s')::text
                    FROM giftbridge.orders AS o JOIN giftbridge.submissions AS j ON j.id = \(order.submissionID)
                    """) == "true")
        }

        @Test func ordersGoByPriorityThenDueTimeThenId() async throws {
            let test = try await TestQueue.make()
            let ids = try await test.insert(
                6,
                [
                    "priority": "(ARRAY[0, 0, 5, -3, 5, 0])[i]",
                    "submit_after": "now() - (ARRAY[1, 9, 1, 99, 2, 1])[i] * interval '1 min'",
                ])
            let expected = [4, 2, 1, 0, 5, 3].map { ids[$0] }
            #expect(try await test.claim(4).map(\.orderID) == Array(expected.prefix(4)))
            #expect(try await test.claim(4).map(\.orderID) == Array(expected.suffix(2)))
        }

        @Test(arguments: [1, 7, 100])
        func noMoreThanTheFreeSlotsAreClaimed(_ slots: Int) async throws {
            let test = try await TestQueue.make()
            try await test.insert(150)
            #expect(try await test.claim(slots).count == slots)
        }

        @Test(arguments: [0, -1])
        func withoutAFreeSlotNothingIsClaimed(_ slots: Int) async throws {
            let test = try await TestQueue.make()
            try await test.insert(3)
            #expect(try await test.claim(slots).isEmpty)
        }

        @Test func orderIsNotClaimedBeforeItsTime() async throws {
            let test = try await TestQueue.make()
            let ids = try await test.insert(2, ["submit_after": "now() + (i - 1) * interval '1 h'"])
            #expect(try await test.claim().map(\.orderID) == [ids[0]])
        }

        @Test func pausedShopIsNotClaimedAndHoldsUpNobody() async throws {
            let test = try await TestQueue.make()
            try await test.shop("second", ["rate_group": "'default'"])
            try await test.insert(50, ["priority": "9"])
            try await test.insert(5, ["shop": "'second'"])
            try await test.run("SELECT giftbridge.pause('default', 'holiday')")
            #expect(try await test.claim(10).map(\.shop) == Array(repeating: "second", count: 5))
        }

        @Test func verificationGoesBeforeNewOrders() async throws {
            let test = try await TestQueue.make(rateLimit: "2")
            let doubtful = try await test.claimedOrder()
            try await test.loseWorker()
            try await test.verifyNow()
            try await test.insert(20, ["priority": "9"])
            let claimed = try await test.claim(10)
            #expect(claimed.map(\.orderID) == [doubtful.orderID])
            #expect(claimed.first?.isVerification == true)
            #expect(claimed.first?.attempts == 2)
        }

        @Test func verificationIsTheSameRequest() async throws {
            let test = try await TestQueue.make()
            try await test.insert(
                1,
                [
                    "items": "'[{\"id\": 1, \"price\": 100.10}, {\"id\": 2, \"code\": \"MINE\"}]'",
                    "delivery_date": "'2031-01-02'",
                ])
            let request = """
                SELECT (to_jsonb(c) - '{submission_id,attempts,verifying}'::text[])::text
                FROM giftbridge.claim('one', 1, '1 min', '1 min') AS c
                """
            let first = try #require(try await test.value(request))
            try await test.run(
                "UPDATE giftbridge.shops SET payment_method = 2, code_prefix = 'NEW', assign_codes = false")
            try await test.loseWorker()
            try await test.verifyNow()
            #expect(try await test.value(request) == first)
        }

        @Test func paymentMethodOfANewAttemptIsTheShopsPresentOne() async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            try await test.settle(Settlement(of: order, .retry, .pending, dueIn: .zero))
            try await test.run("UPDATE giftbridge.shops SET payment_method = 2")
            #expect(try await test.claim().count == 1)
            #expect(try await test.order(order.orderID, "sent_payment_method") == ["2"])
        }

        @Test func orderWhosePaymentMethodWasTakenAwaySpoilsNoClaim() async throws {
            let test = try await TestQueue.make()
            try await test.insert(2, ["payment_method": "CASE i WHEN 2 THEN 3 END"])
            try await test.run("UPDATE giftbridge.shops SET payment_method = NULL")
            let orders = try await test.claim()
            try #require(orders.count == 2)
            #expect(throws: (any Error).self) { try orders[0].sale.get() }
            _ = try orders[1].sale.get()
        }

        @Test func eightWorkersNeverGetTheSameOrder() async throws {
            let test = try await TestQueue.make()
            try await test.insert(500)
            let claimed = try await withThrowingTaskGroup(of: [Int].self) { group in
                for worker in 1...8 {
                    group.addTask {
                        let other = try await test.other("worker \(worker)")
                        var mine: [Int] = []
                        while try await other.int("SELECT count(*) FROM giftbridge.orders WHERE status = 'pending'") > 0
                        {
                            mine += try await other.claim(7).map(\.orderID)
                        }
                        await other.connection.close()
                        return mine
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(claimed.count == 500)
            #expect(Set(claimed).count == 500)
            #expect(try await test.int("SELECT count(DISTINCT order_id) FROM giftbridge.submissions") == 500)
            #expect(try await test.int("SELECT count(DISTINCT worker) FROM giftbridge.submissions") > 1)
        }

        @Test(arguments: [("off", "on"), ("local", "on"), ("on", "on"), ("remote_apply", "remote_apply")])
        func claimIsNeverAnAsynchronousCommit(session: String, expected: String) async throws {
            let test = try await TestQueue.make()
            try await test.insert()
            try await test.run("SET synchronous_commit = \(session)")
            let inside = try await test.connection.transaction { transaction in
                _ = try await transaction.query("SELECT giftbridge.claim('one', 1, '1 min', '1 min')")
                return try await transaction.query("SELECT current_setting('synchronous_commit')").first?.text(0)
            }
            #expect(inside == expected)
            #expect(try await test.value("SHOW synchronous_commit") == session)
        }
    }
}
