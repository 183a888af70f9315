import LibPQ
import TestSupport
import Testing

@testable import Giftbridge

extension DatabaseTests {
    struct PlanTests {
        /// 20,000 pending orders in four lanes, and 20,000 finished ones with their journal.
        private static func backlog(analyzed: Bool) async throws -> TestQueue {
            let test = try await TestQueue.make(rateLimit: "1000")
            try await test.shop("second", ["rate_group": "'default'"])
            try await test.run("SET session_replication_role = replica")
            let lanes = ["shop": "CASE i % 2 WHEN 0 THEN 'default' ELSE 'second' END", "priority": "i % 4 / 2"]
            try await test.insert(
                20_000,
                lanes.merging(TestQueue.columns(of: .completed).merging(["assigned_codes": "'{C}'::text[]"]) { $1 }) {
                    $1
                })
            try await test.insert(20_000, lanes.merging(["due_at": "now() - i * interval '1 s'"]) { $1 })
            try await test.run(
                """
                RESET session_replication_role;
                INSERT INTO giftbridge.submissions (order_id, attempt, worker, rate_group, claimed_at, finished_at, outcome)
                SELECT id, 1, 'old', 'default', now() - id * interval '1 s' - interval '2 min', now(), 'completed'
                FROM giftbridge.orders WHERE status = 'completed'
                """)
            if analyzed { try await test.run("ANALYZE giftbridge.orders, giftbridge.submissions") }
            return test
        }

        private struct Scans: Sendable {
            let sequential: Int
            let fetched: Int
        }

        /// What some statements, in a transaction of their own, read of orders and submissions.
        private static func scans(_ test: TestQueue, _ statements: [String]) async throws -> Scans {
            let counters = """
                SELECT sum(seq_scan), sum(idx_tup_fetch) FROM pg_stat_xact_user_tables
                WHERE schemaname = 'giftbridge' AND relname IN ('orders', 'submissions')
                """
            return try await test.connection.transaction { transaction in
                let before = try await transaction.query(counters)[0]
                for statement in statements { _ = try await transaction.query(statement) }
                let after = try await transaction.query(counters)[0]
                return Scans(
                    sequential: try after.int(0) - before.int(0), fetched: try after.int(1) - before.int(1))
            }
        }

        private static let claim = "SELECT giftbridge.claim('one', 100, '1 min', '1 min')"
        /// The settle of all that is in the air.
        private static func settle(_ test: TestQueue) async throws -> String {
            let ids = try await test.column(
                "SELECT submission_id FROM giftbridge.orders WHERE status = 'submitting' AND submission_id IS NOT NULL")
            func all(_ value: String) -> String { "array_fill(\(value), ARRAY[\(ids.count)])" }
            let columns = [
                all("'completed'::text"), all("'completed'::text"), all("true"), all("NULL::interval"), all("false"),
                all("200"),
                all("NULL::text"), all("NULL::text"), all("'{}'::text"), all("'SG-1'::text"), all("'{A}'::text"),
            ]
            return "SELECT giftbridge.settle('{\(ids.joined(separator: ","))}', \(columns.joined(separator: ", ")))"
        }

        /// Before and after the tables have statistics: the first hour of a shop is before.
        @Test(arguments: [false, true])
        func claimNextDueAndSettleNeverReadAWholeTable(analyzed: Bool) async throws {
            let test = try await Self.backlog(analyzed: analyzed)
            let control = try await Self.scans(test, ["SELECT max(error) FROM giftbridge.orders"])
            try #require(control.sequential == 1, "the counter does not count")

            for round in 1...7 {
                let claim = try await Self.scans(test, [Self.claim])
                #expect(claim.sequential == 0, "claim, round \(round)")
                // A hundred orders, each a few times; the lanes and the allowance: not the backlog of 20,000.
                #expect(claim.fetched < 4000, "claim, round \(round)")
                #expect(try await test.int("SELECT count(*) FROM giftbridge.orders WHERE status = 'submitting'") == 100)

                let nextDue = try await Self.scans(test, ["SELECT giftbridge.next_due()"])
                #expect(nextDue.sequential == 0, "next_due, round \(round)")
                #expect(nextDue.fetched < 4000, "next_due, round \(round)")

                let settle = try await Self.scans(test, [Self.settle(test)])
                #expect(settle.sequential == 0, "settle, round \(round)")
                #expect(settle.fetched < 4000, "settle, round \(round)")
                #expect(try await test.int("SELECT count(*) FROM giftbridge.orders WHERE status = 'submitting'") == 0)
            }
        }

        /// A table that was analyzed while empty counts as one row, and a worker keeps the plans that it made then.
        @Test func plansThatWereMadeForEmptyTablesDoForFullOnes() async throws {
            let test = try await TestQueue.make()
            try await test.run("ANALYZE giftbridge.orders, giftbridge.submissions, giftbridge.shops")
            for round in 0...10 {
                try await test.insert(round == 0 ? 1 : 300)
                let claim = try await Self.scans(test, [Self.claim])
                let settle = try await Self.scans(test, [Self.settle(test)])
                // The hundred of this round, not what other rounds have left: 2,000 that wait, a thousand that are finished.
                #expect(claim.sequential + settle.sequential == 0, "round \(round)")
                #expect(claim.fetched < 1500, "claim, round \(round): \(claim.fetched)")
                #expect(settle.fetched < 700, "settle, round \(round): \(settle.fetched)")
            }
            #expect(try await test.int("SELECT count(*) FROM giftbridge.orders WHERE status = 'completed'") == 1001)
        }

        @Test func anOrderIsFoundByTheShopsNumberAlone() async throws {
            let test = try await Self.backlog(analyzed: false)
            try await test.run(
                """
                SET session_replication_role = replica;
                UPDATE giftbridge.orders SET shop_order_id = 'N' || id;
                RESET session_replication_role;
                ANALYZE giftbridge.orders
                """)
            try await test.run("PREPARE find (text, bigint, text) AS \(SQL.Call.orderFind)")
            try await test.run("PREPARE list (text, text, text, boolean, integer) AS \(SQL.Call.orders)")
            for search in ["find('N7', NULL, NULL)", "find('7', 7, NULL)", "list(NULL, NULL, 'N7', false, 50)"] {
                let plan = try await test.column("EXPLAIN (ANALYZE, BUFFERS, TIMING off) EXECUTE \(search)")
                // The first line that tells is the whole plan's: hit=3, or hit=2 read=1.
                let pages = try #require(plan.first { $0.contains("Buffers:") })
                    .matches(of: /(?:hit|read)=(\d+)/).compactMap { Int($0.1) }.reduce(0, +)
                #expect((1...20).contains(pages), "\(search): \(plan.joined(separator: "\n"))")
            }
        }

        @Test func rescueAndVerificationNeverReadAWholeTable() async throws {
            let test = try await Self.backlog(analyzed: true)
            #expect(try await test.claim(50, lease: .zero).count == 50)
            let rescue = try await Self.scans(test, [Self.claim])
            #expect(rescue.sequential == 0)
            #expect(try await test.int("SELECT count(*) FROM giftbridge.orders WHERE status = 'in_doubt'") == 50)
            try await test.verifyNow()
            let verification = try await Self.scans(test, [Self.claim, "SELECT giftbridge.next_due()"])
            #expect(verification.sequential == 0)
            #expect(try await test.int("SELECT count(*) FROM giftbridge.orders WHERE status = 'in_doubt'") == 0)
        }

        /// Not once for each shop.
        @Test func claimLooksAtEachLaneOnceHoweverManyShops() async throws {
            let test = try await TestQueue.make()
            try await test.run(
                "INSERT INTO giftbridge.shops (name, payment_method) SELECT 'shop ' || i, 1 FROM generate_series(1, 100) AS i"
            )
            try await test.insert(1000, ["shop": "'shop ' || i % 100 + 1"])
            let claim = try await Self.scans(test, [Self.claim])
            #expect(
                try await test.int("SELECT count(DISTINCT shop) FROM giftbridge.orders WHERE status = 'submitting'")
                    == 100)
            #expect(claim.sequential == 0)
            #expect(claim.fetched < 2000)
        }

        @Test func setupFaultAndThrottleReadOneOrder() async throws {
            let test = try await Self.backlog(analyzed: true)
            let order = try #require(try await test.claim(1).first)
            let scans = try await Self.scans(
                test,
                [
                    "SELECT giftbridge.setup_fault(\(order.submissionID), 'x')",
                    "SELECT giftbridge.throttle('default', '1 s')",
                ])
            #expect(scans.sequential == 0)
            #expect(scans.fetched < 20)
        }
    }
}
