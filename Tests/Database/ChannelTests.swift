import LibPQ
import TestSupport
import Testing

@testable import Giftbridge

extension DatabaseTests {
    struct ChannelTests {
        @Test(arguments: [1, 1000])
        func insertIsOneHintHoweverManyOrders(_ count: Int) async throws {
            let test = try await TestQueue.make()
            try await test.heartbeat()
            try await test.queue.set(idle: true)
            let notified = try await test.notifications(on: "giftbridge_orders", "giftbridge_results") {
                try await test.insert(count)
            }
            #expect(notified.map(\.channel) == ["giftbridge_orders"])
            #expect(notified.map(\.payload) == [""])
        }

        /// Whether a worker is idle counts at the end of the transaction, and not when the order is inserted.
        @Test(arguments: [("false", "true", true), ("true", "false", false)])
        func hintIsForAnIdleWorker(atInsert: String, atCommit: String, isNotified: Bool) async throws {
            let test = try await TestQueue.make()
            try await test.heartbeat()
            let notified = try await test.notifications(on: "giftbridge_orders") {
                try await test.run(
                    """
                    BEGIN; SELECT giftbridge.set_idle('\(test.queue.worker)', \(atInsert)); \(TestQueue.insert(1));
                    SELECT giftbridge.set_idle('\(test.queue.worker)', \(atCommit)); COMMIT
                    """)
            }
            #expect(notified.map(\.payload) == (isNotified ? [""] : []))
        }

        /// Once for each transaction, whatever savepoints took back before.
        @Test(arguments: [
            "INSERT", "INSERT; INSERT", "SAVEPOINT a; INSERT; ROLLBACK TO a; INSERT",
            "INSERT; SAVEPOINT a; INSERT; ROLLBACK TO a",
        ])
        func aTransactionIsOneHint(_ statements: String) async throws {
            let test = try await TestQueue.make()
            try await test.heartbeat()
            try await test.queue.set(idle: true)
            // Two transactions in one session: what the first has set does not silence the second.
            for _ in 1...2 {
                let script = statements.replacing("INSERT", with: TestQueue.insert(1))
                let notified = try await test.notifications(on: "giftbridge_orders") {
                    try await test.run("BEGIN; \(script); COMMIT")
                }
                #expect(notified.map(\.payload) == [""])
            }
        }

        /// One that is dead, or has stopped, would have every commit notify for nothing.
        @Test(arguments: [
            "state = 'stopped'", "heartbeat_at = now() - interval '2 minutes'",
            "heartbeat_at = now() - interval '50 s'",
        ])
        func workersThatEndedAreIdleNoMore(_ change: String) async throws {
            let test = try await TestQueue.make()
            try await test.run(
                """
                INSERT INTO giftbridge.status (worker, host, pid, version, state) VALUES
                    ('ended', 'host', 1, '', 'running'), ('other', 'host', 2, '', 'running');
                SELECT giftbridge.set_idle('ended', true);
                UPDATE giftbridge.status SET \(change) WHERE worker = 'ended';
                SELECT giftbridge.set_idle('other', true)
                """)
            let isAlive = change.contains("50 s")
            #expect(
                try await test.column("SELECT worker FROM giftbridge.idle_workers ORDER BY worker")
                    == (isAlive ? ["ended", "other"] : ["other"]))
        }

        @Test(arguments: ["submit_after = now()", "priority = 9"])
        func changeThatMayMakeAnOrderDueIsAHint(_ change: String) async throws {
            let test = try await TestQueue.make()
            try await test.insert(5, ["submit_after": "now() + interval '1 h'"])
            let notified = try await test.notifications(on: "giftbridge_orders") {
                try await test.run("UPDATE giftbridge.orders SET \(change)")
            }
            #expect(notified.map(\.payload) == [""])
        }

        @Test func refusedInsertIsNoHint() async throws {
            let test = try await TestQueue.make()
            try await test.heartbeat()
            try await test.queue.set(idle: true)
            let notified = try await test.notifications(on: "giftbridge_orders") {
                _ = try await test.error(TestQueue.insert(1, ["items": "'[]'"]))
            }
            #expect(notified.isEmpty)
        }

        @Test(arguments: [
            (OrderStatus.completed, "completed"), (.rejected, "rejected"), (.failed, "failed"), (.inDoubt, "in_doubt"),
        ])
        func resultIsToldWithoutCodesOrPersonalData(status: OrderStatus, word: String) async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder([
                "shop_order_id": "'100045 \"é\"'", "customer_last_name": "'Wilhelmina'",
            ])
            let settlement =
                status == .completed
                ? Settlement.sold(order)
                : Settlement(of: order, status == .inDoubt ? .inDoubt : .rejected, status, error: "Why.")
            let notified = try await test.notifications(on: "giftbridge_results") { try await test.settle(settlement) }
            try #require(notified.count == 1)
            let same = try await test.connection.query(
                "SELECT $1::jsonb = jsonb_build_object('id', $2, 'shop', 'default', 'shop_order_id', $3, 'status', $4)",
                [.text(notified[0].payload), .int(order.orderID), .text("100045 \"é\""), .text(word)])
            #expect(try same.first?.bool(0) == true)
        }

        @Test func orderWithoutAnIdOfTheShopIsToldAsNull() async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            let notified = try await test.notifications(on: "giftbridge_results") {
                try await test.settle(.sold(order))
            }
            #expect(try #require(notified.first).payload.contains("\"shop_order_id\": null"))
        }

        @Test func everyOrderOfABatchIsTold() async throws {
            let test = try await TestQueue.make()
            try await test.insert(50)
            let orders = try await test.claim()
            let notified = try await test.notifications(on: "giftbridge_results") {
                try await test.settle(orders.map { .sold($0) })
            }
            #expect(Set(notified.map(\.payload)).count == 50)
        }

        @Test func retriesVerificationsAndCancellationsAreNotTold() async throws {
            let test = try await TestQueue.make()
            try await test.insert(4)
            let notified = try await test.notifications(on: "giftbridge_results") {
                let orders = try await test.claim(3)
                try await test.settle(
                    Settlement(of: orders[0], .retry, .pending, error: "No name.", dueIn: .seconds(9)))
                try await test.settle(Settlement(releasing: orders[1], because: "Not sent."))
                try await test.settle(Settlement(of: orders[2], .inDoubt, .inDoubt, error: "Lost.", dueIn: .zero))
                try await test.run("SELECT giftbridge.cancel(4)")
                _ = try await test.claim()
            }
            #expect(notified.isEmpty)
        }

        @Test func lateReferenceIsNotToldAgain() async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            try await test.settle(.sold(order, reference: nil))
            let notified = try await test.notifications(on: "giftbridge_results") {
                try await test.settle(.sold(order))
            }
            #expect(notified.isEmpty)
            #expect(try await test.order(order.orderID, "order_reference") == ["SG-1"])
        }
    }
}
