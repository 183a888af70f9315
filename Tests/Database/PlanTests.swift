import LibPQ
import TestSupport
import Testing

@testable import Giftbridge

extension DatabaseTests {
    struct PlanTests {
        /// 20,000 pending orders in four lanes, and 20,000 finished ones with their journal.
        private static func backlog(analyzed: Bool) async throws -> TestQueue {
            let test = try await TestQueue.make(rateLimit: "1000")
            try await test.run("UPDATE giftbridge.shops SET rate_group = 'a'")
            try await test.shop("second", ["rate_group": "'a'"])
            let lanes = ["shop": "CASE i % 2 WHEN 0 THEN 'default' ELSE 'second' END", "priority": "i % 4 / 2"]
            try await test.run("SET session_replication_role = replica")
            try await test.insert(20_000, lanes.merging(TestQueue.columns(of: .completed)) { $1 })
            try await test.run(
                """
                RESET session_replication_role;
                INSERT INTO giftbridge.journal (order_id, id, token, shop, kind, attempt, worker, account, api_host, allowance, claimed_at,
                    finished_at, outcome)
                SELECT id, id, gen_random_uuid(), shop, 'sale', 1, 'old', '0000000a', 'vendor', 'group a',
                    now() - id * interval '1 s' - interval '2 min', now() - id * interval '1 s', 'completed'
                FROM giftbridge.orders WHERE status = 'completed'
                """)
            try await test.insert(20_000, lanes.merging(["submit_after": "now() - i * interval '1 s'"]) { $1 })
            try await test.tell()
            if analyzed {
                try await test.run("ANALYZE giftbridge.orders, giftbridge.journal, giftbridge.due, giftbridge.codes")
            }
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
                WHERE schemaname = 'giftbridge' AND relname IN ('orders', 'journal', 'due', 'codes')
                """
            return try await test.connection.transaction { transaction in
                let before = try await transaction.query(counters)[0]
                for statement in statements { _ = try await transaction.query(statement) }
                let after = try await transaction.query(counters)[0]
                return Scans(
                    sequential: try after.int(0) - before.int(0), fetched: try after.int(1) - before.int(1))
            }
        }

        private static let claim = """
            SELECT giftbridge.claim('one', 100, '1 min', '{default,default,second,second}', '{-1,0,-1,0}', '{100,100,100,100}')
            """
        private static let verification =
            "SELECT giftbridge.claim('one', 100, '1 min', '{default,second}', '{201,201}', '{100,100}')"
        private static let look = "SELECT giftbridge.look('one', 100)"
        private static let rescue = "SELECT giftbridge.rescue('1 h', 10)"

        /// The settle of all that is in flight.
        private static func settle(_ test: TestQueue) async throws -> String {
            let ids = try await test.column("SELECT order_id FROM giftbridge.in_flight ORDER BY order_id")
            let tokens = try await test.column("SELECT token FROM giftbridge.in_flight ORDER BY order_id")
            func all(_ value: String) -> String { "array_fill(\(value), ARRAY[\(ids.count)])" }
            let columns = [
                all("'completed'::text"), all("'completed'::text"), all("true"), all("NULL::interval"), all("200"),
                all("NULL::text"), all("NULL::text"), all("'{}'::text"), all("'SG-1'::text"), all("'{A}'::text"),
                all("'exact'::text"), all("NULL::text"), all("NULL::interval"), all("NULL::boolean"), "'1 min'", "10",
                "false",
            ]
            return "SELECT giftbridge.settle('{\(ids.joined(separator: ","))}', '{\(tokens.joined(separator: ","))}', "
                + "\(columns.joined(separator: ", ")))"
        }

        /// Before and after the tables have statistics: the first hour of a shop is before.
        @Test(arguments: [false, true])
        func claimLookAndSettleNeverReadAWholeTable(analyzed: Bool) async throws {
            let test = try await Self.backlog(analyzed: analyzed)
            let control = try await Self.scans(test, ["SELECT max(error) FROM giftbridge.orders"])
            try #require(control.sequential == 1, "the counter does not count")

            for round in 1...7 {
                let claim = try await Self.scans(test, [Self.claim])
                #expect(claim.sequential == 0, "claim, round \(round)")
                // A hundred orders, each a few times; the lanes and the allowance: not the backlog of 20,000.
                #expect(claim.fetched < 4000, "claim, round \(round)")
                #expect(try await test.int("SELECT count(*) FROM giftbridge.in_flight") == 100)

                let nextDue = try await Self.scans(test, ["SELECT giftbridge.look('one', 100)"])
                #expect(nextDue.sequential == 0, "next_due, round \(round)")
                #expect(nextDue.fetched < 4000, "next_due, round \(round)")

                let settle = try await Self.scans(test, [Self.settle(test)])
                #expect(settle.sequential == 0, "settle, round \(round)")
                #expect(settle.fetched < 4000, "settle, round \(round)")
                #expect(try await test.int("SELECT count(*) FROM giftbridge.in_flight") == 0)
            }
        }

        /// A table that was analyzed while empty counts as one row, and a worker keeps the plans that it made then.
        @Test func plansThatWereMadeForEmptyTablesDoForFullOnes() async throws {
            let test = try await TestQueue.make()
            try await test.tell()
            try await test.run(
                "ANALYZE giftbridge.orders, giftbridge.journal, giftbridge.due, giftbridge.in_flight, giftbridge.codes")
            for round in 0...10 {
                try await test.insert(round == 0 ? 1 : 300)
                let claim = try await Self.scans(test, [Self.claim])
                let settle = try await Self.scans(test, [Self.settle(test)])
                // The hundred of this round, not what other rounds have left: 2,000 that wait, a thousand that are finished.
                #expect(claim.sequential + settle.sequential == 0, "round \(round)")
                #expect(claim.fetched < 1500, "claim, round \(round): \(claim.fetched)")
                #expect(settle.fetched < 2000, "settle, round \(round): \(settle.fetched)")
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
            try await test.run("PREPARE find (text, bigint, text) AS \(SQL.Reading.orderFind)")
            try await test.run("PREPARE list (text, text, text, boolean, integer) AS \(SQL.Reading.orders)")
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
            #expect(try await test.leasing(.zero).claim(50).count == 50)
            #expect(try await Self.scans(test, [Self.rescue]).sequential == 0)
            #expect(try await test.int("SELECT count(*) FROM giftbridge.due WHERE lane = 201") == 50)
            try await test.verifyNow()
            #expect(try await Self.scans(test, [Self.verification, Self.look]).sequential == 0)
            #expect(try await test.int("SELECT count(*) FROM giftbridge.in_flight WHERE kind = 'verification'") == 1)
        }

        /// Its cost grows with the lanes, and not with the backlog.
        @Test func lookReadsEachLaneOnce() async throws {
            let test = try await TestQueue.make()
            try await test.run(
                "INSERT INTO giftbridge.shops (name, payment_method) SELECT 'shop ' || i, 1 FROM generate_series(1, 100) AS i"
            )
            try await test.insert(5000, ["shop": "'shop ' || i % 100 + 1"])
            let look = try await Self.scans(test, [Self.look])
            #expect(look.sequential == 0)
            #expect(look.fetched < 500)
        }
    }
}
