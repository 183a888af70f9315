import LibPQ
import TestSupport
import Testing

@testable import Giftbridge

extension DatabaseTests {
    struct AllowanceTests {
        /// The most journal rows of a group within any window as long as `seconds`.
        private static func most(of group: String, in seconds: Double) -> String {
            """
            SELECT max(n) FROM (
                SELECT count(*) OVER (ORDER BY claimed_at RANGE BETWEEN CURRENT ROW AND interval '\(seconds) s' FOLLOWING) AS n
                FROM giftbridge.submissions WHERE rate_group = '\(group)' AND outcome IS DISTINCT FROM 'released') AS windows
            """
        }

        /// Claims as a worker does, sleeping until the next due time, until a group's journal has `rows`.
        private static func work(_ worker: TestQueue, group: String, until rows: Int) async throws {
            while try await worker.int("SELECT count(*) FROM giftbridge.submissions WHERE rate_group = '\(group)'")
                < rows
            {
                if try await worker.claim(100).isEmpty, let wait = try await worker.queue.nextDue() {
                    try await Task.sleep(for: max(wait, .milliseconds(2)))
                }
            }
        }

        /// 40 orders at 10 per 2 s: four bursts, three windows with their margin of 50 ms.
        @Test func allowanceIsNeverExceededAndUsedInFull() async throws {
            try await withThrowingTaskGroup(of: Void.self) { cases in
                for workers in [1, 4] {
                    cases.addTask {
                        let test = try await TestQueue.make(rateLimit: "10")
                        // A second group with another allowance, which must not matter.
                        try await test.shop("second", ["rate_limit": "3", "rate_window": "'1 s'"])
                        try await test.run("UPDATE giftbridge.shops SET rate_window = '2 s' WHERE name = 'default'")
                        try await test.insert(100)
                        try await test.insert(100, ["shop": "'second'"])
                        try await withThrowingTaskGroup(of: Void.self) { group in
                            for number in 1...workers {
                                let worker = try await test.other("worker \(number)")
                                group.addTask { try await Self.work(worker, group: "default", until: 40) }
                            }
                            try await group.waitForAll()
                        }
                        #expect(try await test.int(Self.most(of: "default", in: 2.049)) == 10)
                        #expect(try await test.int(Self.most(of: "second", in: 1.049)) == 3)
                        let took = try #require(
                            try await test.value(
                                """
                                SELECT extract(epoch FROM max(claimed_at) - min(claimed_at)) FROM (
                                    SELECT claimed_at FROM giftbridge.submissions WHERE rate_group = 'default'
                                    ORDER BY claimed_at LIMIT 40) AS j
                                """
                            ).flatMap(Double.init))
                        #expect(took >= 3 * 2.05)
                        // Not a measurement: on a busy machine a claim may come late. Faults/AllowanceTests has the figure.
                        #expect(took <= 3 * 2.05 / 0.4, "\(workers) workers used too little of the allowance")
                        #expect(
                            try await test.int(
                                "SELECT count(*) FROM giftbridge.submissions WHERE rate_group = 'second'") >= 15)
                    }
                }
                try await cases.waitForAll()
            }
        }

        @Test func firstOrdersOfAQuietMinuteLeaveAtOnce() async throws {
            let test = try await TestQueue.make(rateLimit: "60")
            try await test.insert(100)
            #expect(try await test.claim(100).count == 60)
            #expect(try await test.claim(100).isEmpty)
        }

        @Test func shopsOfAGroupHaveOneAllowanceTheStrictest() async throws {
            let test = try await TestQueue.make(rateLimit: "10")
            try await test.shop("second", ["rate_group": "'default'", "rate_limit": "6", "rate_window": "'1 h'"])
            try await test.insert(50)
            try await test.insert(50, ["shop": "'second'"])
            #expect(try await test.claim(lease: .seconds(7200)).count == 6)
            let next = try #require(try await test.queue.nextDue())
            #expect(next > .seconds(3600) && next <= .seconds(3978))  // A tenth of the window, and the margin.
        }

        /// What the shop sent counts in its old group; the vendor may count it with the new one's.
        @Test func aShopThatMovesToAnotherGroupBringsNoSecondAllowance() async throws {
            let test = try await TestQueue.make(rateLimit: "10")
            try await test.shop("second", ["rate_limit": "10"])
            try await test.shop("idle", ["rate_limit": "10"])
            try await test.insert(50)
            try await test.insert(50, ["shop": "'second'"])
            // Nothing was sent yet: there is nothing to wait for.
            try await test.run("UPDATE giftbridge.shops SET rate_group = 'key' WHERE name = 'default'")
            #expect(try await test.claim(15).count == 15)
            try await test.run("UPDATE giftbridge.shops SET rate_group = 'key' WHERE name <> 'default'")
            #expect(try await test.claim().isEmpty)
            let next = try #require(try await test.queue.nextDue())
            #expect(next > .seconds(60) && next <= .seconds(67))
            try await test.run("UPDATE giftbridge.shops SET throttled_until = now()")
            #expect(try await test.claim().count <= 5, "the allowance of the group alone")
            // To where there is no limit it may go at once.
            try await test.run(
                "UPDATE giftbridge.shops SET rate_group = 'free', rate_limit = NULL WHERE name = 'second'")
            #expect(try await Set(test.claim(10).map(\.shop)) == ["second"])
        }

        @Test func withoutALimitThereIsNone() async throws {
            let test = try await TestQueue.make(rateLimit: "NULL")
            try await test.insert(300)
            #expect(try await test.claim(300).count == 300)
            #expect(try await test.value("SELECT remaining FROM giftbridge.allowance('default', now())") == nil)
        }

        @Test func releasedAttemptsDoNotCount() async throws {
            let test = try await TestQueue.make(rateLimit: "2")
            try await test.insert(5)
            let orders = try await test.claim()
            #expect(orders.count == 2)
            try await test.settle(Settlement(releasing: orders[0]))
            #expect(try await test.claim().count == 1)
            #expect(try await test.claim().isEmpty)
        }

        @Test func everyOtherAttemptCounts() async throws {
            let test = try await TestQueue.make(rateLimit: "5")
            try await test.insert(10)
            let orders = try await test.claim()
            try await test.settle(.sold(orders[0]))
            try await test.settle(Settlement(of: orders[1], .rejected, .rejected, error: "No."))
            try await test.settle(Settlement(of: orders[2], .retry, .pending, error: "No answer.", dueIn: .zero))
            try await test.settle(Settlement(of: orders[3], .inDoubt, .inDoubt, error: "Lost.", dueIn: .zero))
            #expect(try await test.claim().isEmpty)
        }

        /// The shop with the limit has nothing due, so only its group's other shop is looked at.
        @Test func limitOfAnIdleShopHoldsForItsGroup() async throws {
            let test = try await TestQueue.make()
            try await test.shop("idle", ["rate_group": "'default'", "rate_limit": "2"])
            try await test.insert(10)
            let other = try await test.other()
            try await test.run("BEGIN")
            #expect(try await test.int("SELECT count(*) FROM giftbridge.claim('one', 10, '1 min', '1 min')") == 2)
            async let second = other.claim()
            try await test.database.wait(
                for: "1", from: "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted",
                within: .seconds(5))
            try await test.run("COMMIT")
            #expect(try await second.isEmpty)
            #expect(try await test.int("SELECT count(*) FROM giftbridge.submissions") == 2)
        }

        /// Its snapshot is older than the lock: it would count without what others sent meanwhile.
        @Test(arguments: ["REPEATABLE READ", "SERIALIZABLE"])
        func claimRefusesAnIsolationThatCannotCount(_ isolation: String) async throws {
            let test = try await TestQueue.make(rateLimit: "2")
            try await test.insert(10)
            try await test.run("BEGIN ISOLATION LEVEL \(isolation)")
            let error = try await test.error("SELECT giftbridge.claim('one', 1, '1 min', '1 min')")
            #expect(error.sqlState == "25000")
            #expect(error.message.hasSuffix("needs READ COMMITTED, not \(isolation)"))
        }

        @Test func throttleStopsTheWholeGroupUntilItIsOver() async throws {
            let test = try await TestQueue.make()
            try await test.shop("second", ["rate_group": "'default'"])
            try await test.shop("third")
            for shop in ["default", "second", "third"] { try await test.insert(5, ["shop": "'\(shop)'"]) }
            try await test.run(
                "SELECT giftbridge.throttle('second', '60 s'); SELECT giftbridge.throttle('second', '1 ms')")
            #expect(Set(try await test.claim().map(\.shop)) == ["third"])
            let wait = try #require(try await test.queue.nextDue())
            #expect(wait > .seconds(40) && wait <= .seconds(60))
            try await test.run("UPDATE giftbridge.shops SET throttled_until = now()")
            #expect(Set(try await test.claim().map(\.shop)) == ["default", "second"])
        }

        @Test func waitOfA429IsSettledWithIt() async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            var settlement = Settlement(of: order, .retry, .pending, error: "429", dueIn: .zero)
            settlement.counts = false
            settlement.consequence = .throttled(.seconds(100))
            try await test.settle(settlement)
            #expect(try await test.claim().isEmpty)
            let wait = try #require(try await test.queue.nextDue())
            #expect(wait > .seconds(90) && wait <= .seconds(100))
            #expect(try await test.order(order.orderID, "status", "attempts") == ["pending", "0"])
        }

        @Test func nextDueTellsWhenTheNextMayLeave() async throws {
            let test = try await TestQueue.make(rateLimit: "3")
            try await test.run("UPDATE giftbridge.shops SET rate_window = '3 s'")
            try await test.insert(9)
            #expect(try await test.claim(2).count == 2)
            #expect(try await test.claim(2).count == 1)
            let error = try await test.value(
                """
                SELECT abs(extract(epoch FROM clock_timestamp() + giftbridge.next_due() - (min(claimed_at) + interval '3320 ms')))
                FROM giftbridge.submissions
                """)
            #expect(try #require(error.flatMap(Double.init)) < 0.05)
            try await Task.sleep(for: try #require(try await test.queue.nextDue()))
            // Those of the first claim are out of the window; that of the second may be.
            #expect(try await test.claim().count >= 2)
        }
    }
}
