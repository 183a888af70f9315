import LibPQ
import SmartGift
import TestSupport
import Testing

@testable import Giftbridge

extension DatabaseTests {
    struct ClaimTests {
        @Test func writeAheadEntryIsCommittedWithTheClaim() async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            let seen = try await test.other()
            #expect(
                try await seen.value(
                    """
                    SELECT concat_ws(' ', f.order_id, f.token, f.kind, f.attempt, f.worker, f.account, f.api_host, f.allowance,
                        f.lease_until = f.claimed_at + interval '120 s') FROM giftbridge.in_flight AS f
                    """) == "\(order.orderID) \(order.token) sale 1 one 0000000a vendor key 0000000a t")
            #expect(try await seen.status(order.orderID) == "submitting")
            // The shop's row is not touched.
            #expect(try await seen.order(order.orderID, "status", "attempts") == ["pending", "0"])
        }

        @Test func claimThatIsNotCommittedNeverHappened() async throws {
            let test = try await TestQueue.make()
            try await test.insert()
            try await test.run("BEGIN")
            #expect(try await test.claim().count == 1)
            try await test.run("ROLLBACK")
            #expect(try await test.int("SELECT count(*) FROM giftbridge.in_flight") == 0)
            #expect(try await test.claim().first?.attempt == 1)
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

        @Test func noMoreThanItsPortionIsClaimedFromALane() async throws {
            let test = try await TestQueue.make()
            try await test.shop("second")
            try await test.insert(20)
            try await test.insert(20, ["shop": "'second'"])
            try await test.tell()
            let portions = [
                Rota.Portion(lane: Lane(shop: "default", number: 0), most: 3),
                Rota.Portion(lane: Lane(shop: "second", number: 0), most: 30),
            ]
            let claimed = try await test.claim(portions, slots: 10)
            #expect(claimed.map(\.shop) == Array(repeating: "default", count: 3) + Array(repeating: "second", count: 7))
        }

        @Test func orderIsNotClaimedBeforeItsTime() async throws {
            let test = try await TestQueue.make()
            let ids = try await test.insert(2, ["submit_after": "now() + (i - 1) * interval '1 h'"])
            #expect(try await test.claim().map(\.orderID) == [ids[0]])
        }

        @Test func pausedShopIsNotClaimedAndDelaysNoOther() async throws {
            let test = try await TestQueue.make()
            try await test.shop("second")
            try await test.insert(50, ["priority": "9"])
            try await test.insert(5, ["shop": "'second'"])
            try await test.tell()
            let lanes = try await test.ready()
            try await test.run("SELECT giftbridge.pause('default', 'holiday')")
            // Also where the worker looked before the pause.
            let claimed = try await test.claim(lanes.map { Rota.Portion(lane: $0, most: 10) }, slots: 10)
            #expect(claimed.map(\.shop) == Array(repeating: "second", count: 5))
            #expect(try await test.ready().isEmpty)
        }

        @Test func aShopWhoseKeyTheWorkerHasNotToldIsNotClaimed() async throws {
            let test = try await TestQueue.make()
            try await test.insert()
            try await test.heartbeat()
            let portion = Rota.Portion(lane: Lane(shop: "default", number: 0), most: 1)
            #expect(try await test.claim([portion]).isEmpty)
            try await test.tell()
            #expect(try await test.claim([portion]).count == 1)
        }

        @Test func verificationIsTheSameRequest() async throws {
            let test = try await TestQueue.make()
            try await test.insert(
                1,
                [
                    "items": "'[{\"id\": 1, \"price\": 100.10}, {\"id\": 2, \"code\": \"MINE\"}]'",
                    "delivery_date": "'2031-01-02'",
                ])
            let first = try #require(try await test.claim().first).sale.get().body()
            try await test.run(
                "UPDATE giftbridge.shops SET payment_method = 2, code_prefix = 'NEW', assign_codes = false")
            try await test.loseWorker()
            try await test.verifyNow()
            let second = try #require(try await test.claim().first)
            #expect(second.kind == .verification)
            #expect(try second.sale.get().body() == first)
        }

        @Test func paymentMethodOfANewAttemptIsTheShopsPresentOne() async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            try await test.settle(Settlement(of: order, .retry, .pending, error: "No route.", dueIn: .zero))
            try await test.run("UPDATE giftbridge.shops SET payment_method = 2")
            #expect(try await test.claim().first?.sale.get().paymentMethod == 2)
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

        /// In doubt with one account: another proves nothing, and could sell again.
        @Test func anOrderInDoubtIsVerifiedOnlyWithItsAccount() async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            try await test.loseWorker()
            try await test.verifyNow()
            let other = try await test.other(fingerprint: "0000000b")
            // While a worker with the account lives, it is left to that one.
            #expect(try await other.claim().isEmpty)
            #expect(try await test.place(order.orderID) == "due 201")
            // The key was rotated: no worker has the account any more.
            try await test.run("UPDATE giftbridge.status SET state = 'stopped' WHERE worker = 'one'")
            #expect(try await other.claim().isEmpty)
            #expect(try await test.place(order.orderID) == "attention in_doubt")
            try await test.run("SELECT giftbridge.verify(\(order.orderID))")
            #expect(try await other.claim().map(\.kind) == [.verification])
        }

        /// Also after an operator's word that it was not sold.
        @Test func anOrderThatWasInDoubtIsSentOnlyWithItsAccount() async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            try await test.loseWorker()
            try await test.run(
                "SELECT giftbridge.resolve_unsold(\(order.orderID)); UPDATE giftbridge.status SET state = 'stopped'")
            #expect(try await test.other(fingerprint: "0000000b").claim().isEmpty)
            #expect(try await test.place(order.orderID) == "attention in_doubt")
        }

        @Test func eightWorkersNeverGetTheSameOrder() async throws {
            let test = try await TestQueue.make()
            try await test.insert(500)
            let claimed = try await withThrowingTaskGroup(of: [Int].self) { group in
                for worker in 1...8 {
                    group.addTask {
                        let other = try await test.other("worker \(worker)")
                        var mine: [Int] = []
                        while try await other.int("SELECT count(*) FROM giftbridge.due") > 0 {
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
            #expect(try await test.int("SELECT count(DISTINCT order_id) FROM giftbridge.in_flight") == 500)
            #expect(try await test.int("SELECT count(DISTINCT worker) FROM giftbridge.in_flight") > 1)
        }

        /// A shop's change and a claim exclude one another: what is sent is what the row says.
        @Test func anOrderThatIsBeingChangedIsNotClaimedAndOneThatIsClaimedNotChanged() async throws {
            let test = try await TestQueue.make()
            try await test.insert()
            let shop = try await test.other()
            try await shop.run("BEGIN; UPDATE giftbridge.orders SET customer_first_name = 'Bob'")
            #expect(try await test.claim().isEmpty)
            try await shop.run("COMMIT")
            let order = try #require(try await test.claim().first)
            #expect(try order.sale.get().customer.address.firstName == "Bob")
            let error = try await shop.error("UPDATE giftbridge.orders SET customer_first_name = 'Eve'")
            #expect(
                error.message
                    == "order \(order.orderID) is being sent: it can be changed only while pending, rejected or failed")
        }

        @Test(arguments: [("off", "on"), ("local", "on"), ("on", "on"), ("remote_apply", "remote_apply")])
        func claimIsNeverAnAsynchronousCommit(session: String, expected: String) async throws {
            let test = try await TestQueue.make()
            try await test.insert()
            try await test.tell()
            try await test.run("SET synchronous_commit = \(session)")
            let inside = try await test.connection.transaction { transaction in
                try await transaction.query("SELECT giftbridge.claim('one', 1, '1 min', '{default}', '{0}', '{1}')")
                return try await transaction.query("SELECT current_setting('synchronous_commit')").first?.text(0)
            }
            #expect(inside == expected)
            #expect(try await test.value("SHOW synchronous_commit") == session)
        }

        @Test func lookSaysWhichLanesWaitAndUntilWhen() async throws {
            let test = try await TestQueue.make()
            try await test.shop("second")
            try await test.insert(2)
            try await test.insert(1, ["priority": "7"])
            try await test.insert(1, ["shop": "'second'", "submit_after": "now() + interval '1 h'"])
            try await test.tell()
            let seen = try await test.queue.look(.near)
            #expect(
                seen.compactMap(\.lane) == [
                    Lane(shop: "default", number: -7), Lane(shop: "default", number: 0),
                    Lane(shop: "second", number: 0),
                ])
            #expect(seen[0].wait == .zero && seen[1].wait == .zero)
            #expect(seen[2].wait > .seconds(3590) && seen[2].wait <= .seconds(3600))
            #expect(seen[0].account == Account.Name(fingerprint: "0000000a", host: "vendor"))
            // And when the next lease ends.
            _ = try await test.claim()
            let lease = try #require(try await test.queue.look(.near).first { $0.lane == nil })
            #expect(lease.wait > .seconds(100) && lease.wait <= .seconds(120))
        }
    }
}
