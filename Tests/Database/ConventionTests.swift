import LibPQ
import TestSupport
import Testing

@testable import Giftbridge

extension DatabaseTests {
    /// The house rules of `sql/`, looked up in the catalogue of an installed schema.
    struct ConventionTests {
        @Test func everyTableViewColumnAndFunctionHasAComment() async throws {
            let test = try await TestQueue.make()
            let bare = try await test.column(
                """
                SELECT c.oid::regclass::text FROM pg_class AS c
                WHERE c.relnamespace = 'giftbridge'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p')
                    AND obj_description(c.oid, 'pg_class') IS NULL
                UNION ALL
                SELECT c.oid::regclass || '.' || a.attname FROM pg_class AS c
                JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                WHERE c.relnamespace = 'giftbridge'::regnamespace AND c.relkind IN ('r', 'p')
                    AND col_description(c.oid, a.attnum) IS NULL
                UNION ALL
                SELECT p.oid::regprocedure::text FROM pg_proc AS p
                WHERE p.pronamespace = 'giftbridge'::regnamespace AND obj_description(p.oid, 'pg_proc') IS NULL
                """)
            #expect(bare == [])
        }

        @Test func everyFunctionPinsItsSearchPath() async throws {
            let test = try await TestQueue.make()
            let unpinned = try await test.connection.query(
                """
                SELECT p.proname, l.lanname = 'sql' AS is_inlined
                FROM pg_proc AS p JOIN pg_language AS l ON l.oid = p.prolang
                WHERE p.pronamespace = 'giftbridge'::regnamespace
                    AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (p.proconfig), false)
                ORDER BY p.proname
                """)
            // A pinned path would keep PostgreSQL from inlining these; they name nothing outside pg_catalog.
            let inlined = try unpinned.filter { try $0.bool(1) }.map { try $0.text(0) }
            #expect(inlined == ["derived_code", "rate_margin"])
            // These run once per order, or in every claim, where pinning is dear: the announcement names all in full instead
            // (the next test), the others have the pinned path of their callers.
            let bare = try unpinned.filter { try !$0.bool(1) }.map { try $0.text(0) }
            #expect(
                bare == [
                    "items_check", "order_content", "orders_announce", "probe", "probing", "refuse_unverifiable",
                    "waits_fresh",
                ])
            let callers = try await test.column(
                """
                SELECT p.proname::text FROM pg_proc AS p
                WHERE p.pronamespace = 'giftbridge'::regnamespace
                    AND p.prosrc ~ 'giftbridge\\.(items_check|order_content|probe|probing|refuse_unverifiable|waits_fresh)\\('
                UNION ALL
                SELECT v.viewname FROM pg_views AS v
                WHERE v.schemaname = 'giftbridge' AND v.definition ~ '(items_check|order_content|probe|probing|refuse_unverifiable|waits_fresh)\\('
                ORDER BY 1
                """)
            // Not in the list above: pinned.
            #expect(callers == ["claim", "orders_changed", "orders_check", "orders_enqueue"])
        }

        /// A worker writes back and reports its end to a newer schema (Worker+Connection.swift): a change here strands what the
        /// worker of the former version has in flight. Make another function instead.
        @Test func whatAnOlderWorkerCallsAtItsEndIsCalledAsEver() async throws {
            let test = try await TestQueue.make()
            let types = try await test.column(
                """
                SELECT proname || ' ' || array_to_string(proargtypes::regtype[], ' ') FROM pg_proc
                WHERE pronamespace = 'giftbridge'::regnamespace
                    AND proname IN ('settle', 'heartbeat') ORDER BY 1
                """)
            #expect(
                types == [
                    "heartbeat text text integer text text integer bigint bigint bigint bigint boolean text double precision",
                    "settle bigint[] uuid[] text[] text[] boolean[] interval[] integer[] text[] text[] text[] text[] text[] text[] text[] "
                        + "interval[] boolean[] interval integer boolean",
                ])
        }

        /// A lock of another session's holds up the results of all for a moment only.
        @Test func settleWaitsForNoLockForLong() async throws {
            let test = try await TestQueue.make()
            #expect(
                try await test.value(
                    "SELECT setting FROM pg_proc, unnest(proconfig) AS setting WHERE proname = 'settle' AND setting LIKE 'lock_timeout=%'"
                )
                    == "lock_timeout=300 ms")
        }

        /// Also in a session that has called it under a path of its own, and has plans from there.
        @Test func aPriceIsTheSameWhateverTheSearchPath() async throws {
            let test = try await TestQueue.make()
            try await test.run(
                """
                CREATE SCHEMA evil;
                CREATE FUNCTION evil.scale(numeric) RETURNS integer LANGUAGE sql AS 'SELECT 0';
                SET search_path = evil, pg_catalog
                """)
            let items = #"[{"id": 1, "price": 10.001}]"#
            for _ in 1...7 { try await test.run("SELECT giftbridge.items_check('\(items)')") }
            let refusal = try await test.error(TestQueue.insert(1, ["items": "'\(items)'"]))
            #expect("\(refusal)".contains("at most two decimals"), "\(refusal)")
        }

        @Test func theAnnouncementIsTheSameWhateverTheSearchPath() async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder(["shop_order_id": "'A \"1\"'"])
            try await test.run(
                """
                CREATE SCHEMA evil;
                CREATE FUNCTION evil.pg_notify(text, text) RETURNS void LANGUAGE sql AS 'SELECT';
                CREATE FUNCTION evil.format(text, VARIADIC "any") RETURNS text LANGUAGE internal AS 'text_format';
                CREATE FUNCTION evil.to_json(anyelement) RETURNS json LANGUAGE sql AS $$ SELECT '"evil"'::json $$;
                CREATE DOMAIN evil.text AS pg_catalog.text CHECK (VALUE = 'evil');
                SET search_path = evil, pg_catalog
                """)
            let heard = try await test.notifications(on: "giftbridge_results") {
                try await test.run(
                    """
                    UPDATE giftbridge.orders SET status = 'completed',
                        completed_at = now(), voucher_codes = '{C}' WHERE id = \(order.orderID)
                    """)
            }
            #expect(
                heard.map(\.payload) == [
                    #"{"id": \#(order.orderID), "shop": "default", "shop_order_id": "A \"1\"", "status": "completed"}"#
                ])
        }

        @Test(arguments: SQL.functions.map(\.name))
        func functionFileHoldsTheOneFunctionOfItsName(_ name: String) throws {
            let text = try #require(SQL.functions.first { $0.name == name }).text
            let created = text.matches(of: /(?m)^CREATE (?:OR REPLACE )?FUNCTION giftbridge\.(\w+)/).map {
                String($0.1)
            }
            #expect(created == [name])
            #expect(text.matches(of: /(?m)^COMMENT ON FUNCTION giftbridge\.(\w+)/).map { String($0.1) } == [name])
            // Purpose, callers, locks.
            #expect(text.hasPrefix("-- "))
        }

        @Test func installedFunctionsAreThoseOfTheFiles() async throws {
            let test = try await TestQueue.make()
            let installed = try await test.column(
                "SELECT proname FROM pg_proc WHERE pronamespace = 'giftbridge'::regnamespace ORDER BY proname COLLATE \"C\""
            )
            #expect(installed == SQL.functions.map(\.name).sorted())
            let forwardDeclarations = try await test.column(
                "SELECT proname FROM pg_proc WHERE pronamespace = 'giftbridge'::regnamespace AND prosrc LIKE '%not installed%'"
            )
            #expect(forwardDeclarations.isEmpty)
        }

        /// The migration switches that check off, because functions name each other.
        @Test func everyFunctionPassesPostgreSQLsOwnCheck() async throws {
            let test = try await TestQueue.make()
            for file in SQL.functions { try await test.run(file.text) }
        }

        @Test func everyConstraintAndIndexHasANameOfOurs() async throws {
            let test = try await TestQueue.make()
            let others = try await test.column(
                """
                SELECT conname FROM pg_constraint
                WHERE connamespace = 'giftbridge'::regnamespace AND contype <> 't' AND conname ~ '(_check\\d*|_excl)$'
                """)
            #expect(others == [])
        }

        @Test func timesAreWithTimeZone() async throws {
            let test = try await TestQueue.make()
            let others = try await test.column(
                """
                SELECT table_name || '.' || column_name FROM information_schema.columns
                WHERE table_schema = 'giftbridge' AND (data_type = 'timestamp without time zone'
                    OR column_name LIKE '%\\_at' AND data_type NOT IN ('timestamp with time zone', 'ARRAY'))
                """)
            #expect(others == [])
        }
    }
}
