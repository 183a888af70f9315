import LibPQ
import TestSupport
import Testing

@testable import Giftbridge

extension DatabaseTests {
    struct ViewTests {
        @Test func queueCountsEachShopsOrders() async throws {
            let test = try await TestQueue.make(rateLimit: "20")
            try await test.heartbeat()
            try await test.shop("second")
            try await test.insert(11)
            let orders = try await test.claim(11)
            for order in orders.prefix(4) { try await test.settle(.sold(order)) }
            try await test.settle(Settlement(of: orders[4], .rejected, .rejected, error: "No."))
            try await test.settle(Settlement(of: orders[5], .retry, .failed, error: "Given up."))
            try await test.settle(Settlement(of: orders[6], .inDoubt, .inDoubt, error: "Lost."))
            try await test.settle(Settlement(of: orders[7], .inDoubt, .inDoubt, error: "Lost.", dueIn: .seconds(60)))
            try await test.insert(5)
            try await test.run(
                """
                SET session_replication_role = replica;
                RESET session_replication_role;
                SELECT giftbridge.pause('second', 'later')
                """)
            // It is not its turn yet: pending, but not the oldest that waits.
            try await test.insert(1, ["submit_after": "now() + interval '1 h'"])
            let queue = try await test.column(
                """
                SELECT concat_ws(' ', shop, pending, submitting, in_doubt, rejected, failed, completed_last_hour,
                    round(oldest_pending_seconds), allowance_left, round(eta_seconds), paused, pause_reason)
                FROM giftbridge.queue ORDER BY shop
                """)
            #expect(queue == ["default 6 3 2 1 1 4 0 10 0 f", "second 0 0 0 0 0 0 10 0 t later"])
        }

        @Test func etaIsTheTimeThatTheBacklogTakes() async throws {
            let test = try await TestQueue.make(rateLimit: "10")
            try await test.run("UPDATE giftbridge.shops SET rate_window = '500 ms'")
            try await test.heartbeat()
            try await test.insert(40)
            let eta = try #require(
                try await test.value("SELECT eta_seconds FROM giftbridge.queue").flatMap(Double.init))
            while try await test.int("SELECT count(*) FROM giftbridge.due") > 0 {
                guard try await test.claim().isEmpty else { continue }
                let waits = try await test.queue.look(.near).filter { $0.lane != nil }.map(\.wait)
                if let wait = waits.min() { try await Task.sleep(for: wait) }
            }
            let took = try #require(
                try await test.value(
                    "SELECT extract(epoch FROM max(claimed_at) - min(claimed_at)) FROM giftbridge.submissions"
                )
                .flatMap(Double.init))
            // Not a measurement: on a busy machine a claim may come late.
            #expect(took >= 0.8 * eta && took <= 2 * eta)
        }

        @Test func etaGoesByTheStrictestOfTheGroup() async throws {
            let test = try await TestQueue.make(rateLimit: "NULL")
            try await test.heartbeat()
            try await test.insert(10)
            #expect(try await test.value("SELECT eta_seconds FROM giftbridge.queue") == nil)
            try await test.shop("second", ["rate_group": "'a'", "rate_limit": "5", "rate_window": "'100 s'"])
            try await test.run("UPDATE giftbridge.shops SET rate_group = 'a'")
            #expect(
                try await test.value(
                    "SELECT concat_ws(' ', allowance_left, eta_seconds) FROM giftbridge.queue WHERE shop = 'default'")
                    == "5 100.5")
        }

        @Test func orderWithTwoSuccessesIsCountedOnce() async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            try await test.loseWorker()
            try await test.verifyNow()
            try await test.settle(.sold(try #require(try await test.claim().first), reference: nil, .taken))
            try await test.settle(.sold(order))
            #expect(try await test.int("SELECT count(*) FROM giftbridge.submissions WHERE outcome = 'completed'") == 2)
            #expect(try await test.int("SELECT completed_last_hour FROM giftbridge.queue") == 1)
        }

        @Test func queueLooksAtNoFinishedOrder() async throws {
            let test = try await TestQueue.make()
            try await test.run("SET session_replication_role = replica")
            try await test.insert(5000, TestQueue.columns(of: .completed))
            try await test.run("RESET session_replication_role; ANALYZE giftbridge.orders")
            let plan = try await test.column("EXPLAIN SELECT * FROM giftbridge.queue").joined(separator: "\n")
            #expect(!plan.contains("Seq Scan on orders"))
        }

        @Test func vouchersHaveTheirPositionAndItem() async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder([
                "items": "'[{\"id\": 5}, {\"id\": 7}, {\"id\": 5}]'", "shop_order_id": "'100045'",
            ])
            #expect(try await test.int("SELECT count(*) FROM giftbridge.vouchers") == 0)
            try await test.settle(.sold(order, codes: ["A", "B,\"", "C"]))
            #expect(
                try await test.column(
                    """
                    SELECT concat_ws(' ', order_id, shop, shop_order_id, position, item_id, code)
                    FROM giftbridge.vouchers ORDER BY position
                    """) == ["1 default 100045 1 5 A", "1 default 100045 2 7 B,\"", "1 default 100045 3 5 C"])
        }
    }
}
