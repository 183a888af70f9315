import LibPQ
import TestSupport
import Testing

@testable import Giftbridge

extension DatabaseTests {
    /// What a role must not learn or change where nothing is refused.
    struct LeakTests {
        /// Traps in a schema of shop a's: a function that keeps what it is given, and names that shadow PostgreSQL's.
        private static let traps = """
            CREATE TABLE evil_a.loot (who text, what text);
            CREATE FUNCTION evil_a.leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS
                $$BEGIN INSERT INTO evil_a.loot VALUES (current_user, $1); RETURN true; END$$;
            CREATE FUNCTION evil_a.now() RETURNS timestamptz LANGUAGE plpgsql AS
                $$BEGIN PERFORM evil_a.leak('now'); RETURN pg_catalog.now(); END$$;
            CREATE FUNCTION evil_a.format(text, VARIADIC text[]) RETURNS text LANGUAGE plpgsql AS
                $$BEGIN PERFORM evil_a.leak('format'); RETURN ''; END$$;
            CREATE FUNCTION evil_a.equal(text, text) RETURNS boolean LANGUAGE plpgsql AS
                $$BEGIN PERFORM evil_a.leak($1 || $2); RETURN true; END$$;
            CREATE OPERATOR evil_a.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil_a.equal);
            CREATE TABLE evil_a.orders AS SELECT * FROM giftbridge.orders WHERE false;
            CREATE TEMPORARY TABLE shops (name text, db_role name);
            INSERT INTO pg_temp.shops VALUES ('b', NULL), ('a', NULL);
            SET search_path = evil_a, pg_temp, pg_catalog, giftbridge;
            """

        @Test func namesThatShadowOursAreNeverRunWithOurRights() async throws {
            let house = try await RoleHouse.make()
            let session = try await house.session(.a)
            try await house.test.insert(2, ["shop": "'a'"])
            try await session.run(Self.traps)
            // The traps work.
            _ = try await session.value("SELECT now()")
            _ = try await session.value("SELECT 'x'::text = 'y'::text")
            #expect(try await session.value("SELECT string_agg(what, ' ') FROM evil_a.loot") == "now xy")

            let ids = try await session.column("SELECT id FROM giftbridge.orders ORDER BY id")
            try await session.run("SELECT giftbridge.cancel(\(ids[0]))")
            #expect(try await session.refusal("SELECT giftbridge.retry(\(ids[1]))")?.sqlState == "55000")
            #expect(try await session.refusal("SELECT giftbridge.cancel(\(house.pending))")?.sqlState == "P0002")
            try await session.run("UPDATE giftbridge.orders SET customer_town = 'x' WHERE id = \(ids[1])")
            let others = try await session.value(
                "SELECT string_agg(who, ' ') FROM evil_a.loot WHERE NOT who OPERATOR(pg_catalog.=) current_user")
            #expect(others == nil)
            #expect(try await session.value("SELECT count(*) FROM giftbridge.orders") == "\(ids.count)")
        }

        @Test func functionsOfTheAskersSeeNoOtherShopsRows() async throws {
            let house = try await RoleHouse.make()
            let session = try await house.session(.a)
            let own = try await house.test.claimedOrder(["shop": "'a'", "customer_email": "'own@example.com'"])
            try await house.test.settle(.sold(own, codes: ["OWNCODE"]))
            try await session.run(Self.traps)
            try await session.run("SET search_path = pg_catalog")
            for query in [
                "SELECT FROM giftbridge.orders WHERE evil_a.leak(customer_email)",
                "SELECT FROM giftbridge.orders WHERE evil_a.leak(items::text) AND evil_a.leak(voucher_codes::text)",
                "SELECT FROM giftbridge.vouchers WHERE evil_a.leak(code)",
                "EXPLAIN (ANALYZE, VERBOSE) SELECT FROM giftbridge.vouchers WHERE evil_a.leak(code)",
                "SELECT FROM giftbridge.shops WHERE evil_a.leak(name)",
                "UPDATE giftbridge.orders SET customer_town = 'x' WHERE evil_a.leak(error)",
            ] {
                _ = try await session.connection.query(query)
            }
            let loot = try await session.column("SELECT what FROM evil_a.loot")
            #expect(loot.contains("own@example.com") && loot.contains("OWNCODE") && loot.contains("a"))
            #expect(!loot.contains { $0.contains("SECRET") || $0 == "b" }, "\(loot)")
            // A cast that fails would tell the value it failed on, and a division that a row is there.
            for query in [
                "SELECT FROM giftbridge.orders WHERE shop = 'b' AND customer_email::integer = 1",
                "SELECT FROM giftbridge.orders WHERE shop <> 'a' AND 1 / (length(customer_town) - length('SECRETTOWN')) = 1",
                "SELECT FROM giftbridge.vouchers WHERE shop = 'b' AND code::integer = 1",
            ] {
                #expect(try await session.connection.query(query).count == 0)
            }
        }

        @Test(arguments: [
            "SELECT count(*) FROM giftbridge.orders WHERE shop <> 'default'",
            "SELECT count(*) FROM giftbridge.vouchers", "SELECT count(*) FROM giftbridge.shops WHERE name = 'b'",
            "WITH u AS (UPDATE giftbridge.orders SET customer_town = 'x' RETURNING 1) SELECT count(*) FROM u",
            "WITH l AS (SELECT id FROM giftbridge.orders FOR UPDATE) SELECT count(*) FROM l",
            "SELECT count(*) FROM pg_stats WHERE schemaname = 'giftbridge' AND tablename IN ('orders', 'shops')",
            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%SECRET%' AND pid <> pg_backend_pid()",
            "SELECT count(*) FROM giftbridge.orders TABLESAMPLE BERNOULLI (100)",
        ])
        func anotherShopsRowsAreNotThere(query: String) async throws {
            let house = try await RoleHouse.make()
            #expect(try await house.session(.a).value(query) == "0")
            #expect(try await house.test.value("SELECT count(*) FROM giftbridge.orders") == "3")
        }

        /// Whatever a role can read at all, every column of it.
        private static let readable = """
            SELECT format('SELECT %s FROM giftbridge.%I', string_agg(format('%I::text', a.attname), ' || '), c.relname)
            FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            WHERE c.relnamespace = 'giftbridge'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p')
                AND has_column_privilege(c.oid, a.attnum, 'SELECT') GROUP BY c.relname ORDER BY c.relname
            """

        @Test(arguments: [
            (
                RoleHouse.Login.monitor,
                ["installation_state", "migrations", "queue", "sold_by_minute", "status", "workers"], ["SECRET"]
            ),
            (
                .worker,
                [
                    "attempts", "installation_state", "migrations", "order_list", "order_story", "queue", "shop_setup",
                    "sold_by_minute",
                    "status", "workers",
                ],
                // Not the reason: those are the vendor's words about the order.
                ["SECRETCODE", "SECRETTOWN", "SECRETMESSAGE", "SECRET@"]
            ),
        ])
        func monitorAndWorkerReadNoCodeAndNoPersonalData(
            login: RoleHouse.Login, relations: [String], secrets: [String]
        ) async throws {
            let house = try await RoleHouse.make()
            try await house.test.queue.heartbeat(WorkerStatus(host: "h", pid: 1, version: "1"))
            let session = try await house.session(login)
            let queries = try await session.column(Self.readable)
            #expect(queries.compactMap { $0.split(separator: ".").last.map(String.init) } == relations)
            for query in queries {
                let columns = query.replacing(" || ", with: ", ' ', ").replacing("SELECT ", with: "SELECT concat(")
                    .replacing(" FROM", with: ") FROM")
                let rows = try await session.column(columns)
                #expect(!rows.isEmpty, "\(query)")
                #expect(!rows.contains { row in secrets.contains { row.contains($0) } }, "\(query)")
            }
            // Of every shop.
            #expect(try await session.value("SELECT rejected FROM giftbridge.queue WHERE shop = 'b'") == "1")
        }

        /// A notification is a hint, never data: every login may send one, and it changes nothing.
        @Test func aForgedNotificationChangesNothing() async throws {
            let house = try await RoleHouse.make()
            let session = try await house.session(.outsider)
            try await session.run(
                """
                NOTIFY giftbridge_orders, 'DROP TABLE giftbridge.orders';
                NOTIFY giftbridge_results, '{"id": 2, "shop": "b", "status": "completed"}'
                """)
            #expect(try await house.test.status(house.pending) == "pending")
        }
    }
}
