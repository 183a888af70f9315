import LibPQ
import TestSupport
import Testing

@testable import Giftbridge

extension DatabaseTests {
    /// The rights themselves, looked up in the catalogue.
    struct RightsTests {
        private static func functions(_ role: String) -> String {
            """
            SELECT p.proname FROM pg_proc AS p
            WHERE p.pronamespace = 'giftbridge'::regnamespace AND p.prosecdef
                AND has_function_privilege('\(role)', p.oid, 'EXECUTE') ORDER BY p.proname
            """
        }

        /// Writing rights, on whole tables and on columns.
        private static func writes(_ role: String) -> String {
            """
            SELECT DISTINCT format('%s %s', kind.name, c.relname) FROM pg_class AS c
            CROSS JOIN unnest('{INSERT,UPDATE,REFERENCES}'::text[]) AS kind (name)
            WHERE c.relnamespace = 'giftbridge'::regnamespace AND c.relkind IN ('r', 'v')
                AND has_any_column_privilege('\(role)', c.oid, kind.name)
            UNION ALL
            SELECT format('whole table: %s %s', kind.name, c.relname) FROM pg_class AS c
            CROSS JOIN unnest('{INSERT,UPDATE,DELETE,TRUNCATE,TRIGGER}'::text[]) AS kind (name)
            WHERE c.relnamespace = 'giftbridge'::regnamespace AND c.relkind IN ('r', 'v')
                AND has_table_privilege('\(role)', c.oid, kind.name) ORDER BY 1
            """
        }

        @Test func noFunctionWithItsOwnersRightsIsEverybodys() async throws {
            let test = try await TestQueue.make()
            let open = try await test.column(
                """
                SELECT p.proname FROM pg_proc AS p CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a
                WHERE p.pronamespace = 'giftbridge'::regnamespace AND p.prosecdef AND a.grantee = 0
                """)
            // It reveals one bit: whether any shop has a role.
            #expect(open == ["has_closed_shops"])
        }

        @Test func eachRoleHasTheFunctionsThatItNeeds() async throws {
            let test = try await TestQueue.make()
            #expect(
                try await test.column(Self.functions("giftbridge_shop")) == ["cancel", "has_closed_shops", "retry"])
            #expect(
                try await test.column(Self.functions("giftbridge_monitor"))
                    == ["allowance", "drain_seconds", "has_closed_shops"])
            let all = try await test.column(
                "SELECT proname FROM pg_proc WHERE pronamespace = 'giftbridge'::regnamespace AND prosecdef AND prorettype <> 'trigger'::regtype ORDER BY proname"
            )
            #expect(try await test.column(Self.functions("giftbridge_worker")) == all)
        }

        @Test func onlyShopsWriteAndOnlyInputColumns() async throws {
            let test = try await TestQueue.make()
            #expect(try await test.column(Self.writes("giftbridge_worker")) == [])
            #expect(try await test.column(Self.writes("giftbridge_monitor")) == [])
            #expect(try await test.column(Self.writes("giftbridge_shop")) == ["INSERT orders", "UPDATE orders"])
            // The input columns are those whose change the trigger checks.
            let inputs = try await test.column(
                """
                SELECT a.attname FROM pg_trigger AS t JOIN pg_attribute AS a ON a.attrelid = t.tgrelid AND a.attnum = ANY (t.tgattr)
                WHERE t.tgname = 'orders_check_update' ORDER BY a.attname
                """)
            #expect(inputs.count == 25)
            for right in ["INSERT", "UPDATE"] {
                let columns = try await test.column(
                    """
                    SELECT a.attname FROM pg_attribute AS a WHERE a.attrelid = 'giftbridge.orders'::regclass AND a.attnum > 0
                        AND has_column_privilege('giftbridge_shop', a.attrelid, a.attnum, '\(right)') ORDER BY a.attname
                    """)
                #expect(columns == inputs)
            }
        }

        /// Rights that were added by hand are gone, and a migration without --roles keeps the roles up to date.
        @Test func everyMigrationPutsTheRightsRightAgain() async throws {
            let test = try await TestQueue.make()
            try await test.run(
                """
                GRANT SELECT ON ALL TABLES IN SCHEMA giftbridge TO giftbridge_monitor;
                GRANT UPDATE (status) ON giftbridge.orders TO giftbridge_shop;
                REVOKE EXECUTE ON FUNCTION giftbridge.claim FROM giftbridge_worker;
                DROP FUNCTION giftbridge.look
                """)
            _ = try await Schema.migrate(test.connection)
            try await onlyShopsWriteAndOnlyInputColumns()
            #expect(
                try await test.value(
                    "SELECT has_table_privilege('giftbridge_monitor', 'giftbridge.orders', 'SELECT')::text")
                    == "false")
            for function in ["claim", "look"] {
                let allowed = try await test.column(Self.functions("giftbridge_worker"))
                #expect(allowed.contains(function))
            }
        }

        @Test func withoutRolesNothingIsGranted() async throws {
            let database = try await TestServer.shared.emptyDatabase()
            let connection = try await database.connect()
            _ = try await Schema.migrate(connection)
            let usage = "SELECT has_schema_privilege('giftbridge_worker', 'giftbridge', 'USAGE')::text"
            // The role is the server's, and may be there because of another database.
            if try await Schema.missingRoles(connection).isEmpty {
                #expect(try await database.value(usage) == "false")
            }
            _ = try await Schema.migrate(connection, roles: true)
            #expect(try await database.value(usage) == "true")
            #expect(try await Schema.missingRoles(connection).isEmpty)
            await connection.close()
        }

        /// An owner that is no superuser: it owns the tables and may not make roles.
        @Test func anOrdinaryOwnerWillDo() async throws {
            let database = try await TestServer.shared.emptyDatabase()
            _ = try await TestServer.shared.database()  // The roles are there.
            let owner = "\(database.name)_owner"
            try await database.run("CREATE ROLE \(owner) LOGIN; GRANT CREATE ON DATABASE \(database.name) TO \(owner)")
            let connection = try await database.connect("options='-c role=\(owner)'")
            _ = try await Schema.migrate(connection, roles: true)
            _ = try await Schema.migrate(connection)
            #expect(
                try await connection.query("SELECT tableowner FROM pg_tables WHERE schemaname = 'giftbridge'")
                    .allSatisfy {
                        try $0.text(0) == owner
                    })
            // Above the policies, as a shop's order without its role shows.
            try await connection.script(
                """
                UPDATE giftbridge.shops SET payment_method = 1, db_role = 'nobody_at_all';
                \(TestQueue.insert()); SELECT giftbridge.cancel(1)
                """)
            #expect(try await connection.query("SELECT status FROM giftbridge.orders").first?.text(0) == "cancelled")
            await connection.close()
        }
    }

    /// Attempts to break out of each role, and what they are refused with.
    struct RefusedAttemptTests {
        private static let order = "(shop, items, customer_email, delivery_method, delivery_email, payment_method)"
        private static func values(_ shop: String) -> String {
            "('\(shop)', '[{\"id\": 1, \"price\": 5}]', 'x@example.com', 1, 'y@example.com', 1)"
        }

        static let shop = [
            // Results and status are the bridge's.
            "UPDATE giftbridge.orders SET status = 'completed'",
            "UPDATE giftbridge.orders SET status = 'pending' WHERE status = 'rejected'",
            "UPDATE giftbridge.orders SET voucher_codes = '{X}'", "UPDATE giftbridge.orders SET order_reference = 'X'",
            "UPDATE giftbridge.orders SET error = NULL", "UPDATE giftbridge.orders SET attempts = 0",
            "UPDATE giftbridge.orders SET completed_at = now()", "UPDATE giftbridge.orders SET was_in_doubt = false",
            "UPDATE giftbridge.orders SET sent_to = NULL", "UPDATE giftbridge.orders SET verifications = 0",
            "UPDATE giftbridge.orders SET id = DEFAULT", "UPDATE giftbridge.orders SET created_at = now()",
            "INSERT INTO giftbridge.orders (status) VALUES ('completed')",
            "INSERT INTO giftbridge.orders (voucher_codes) VALUES ('{X}')",
            "INSERT INTO giftbridge.orders (id) OVERRIDING SYSTEM VALUE VALUES (1)",
            "INSERT INTO giftbridge.orders (was_refused) VALUES (true)",
            "DELETE FROM giftbridge.orders", "TRUNCATE giftbridge.orders",
            // A lock would stop the orders of all shops.
            "LOCK TABLE giftbridge.orders IN ACCESS EXCLUSIVE MODE", "LOCK TABLE giftbridge.orders IN SHARE MODE",
            "LOCK TABLE giftbridge.shops", "SELECT FROM giftbridge.shops FOR UPDATE",
            // Other tables.
            "SELECT FROM giftbridge.submissions", "SELECT FROM giftbridge.status", "SELECT FROM giftbridge.queue",
            "SELECT FROM giftbridge.codes", "SELECT FROM giftbridge.due", "SELECT FROM giftbridge.in_flight",
            "SELECT FROM giftbridge.journal",
            "SELECT FROM giftbridge.installation", "SELECT FROM giftbridge.actions", "SELECT FROM giftbridge.attention",
            "SELECT db_role FROM giftbridge.shops", "SELECT pause_reason FROM giftbridge.shops",
            "UPDATE giftbridge.shops SET db_role = NULL", "UPDATE giftbridge.shops SET paused = false",
            "INSERT INTO giftbridge.shops (name) VALUES ('c')", "INSERT INTO giftbridge.migrations VALUES (999, 'x')",
            // The worker's functions and the operator's.
            "SELECT giftbridge.claim('x', 1, '1 min', '{a}', '{0}', '{1}')", "SELECT giftbridge.rescue('1 s', 1)",
            "SELECT giftbridge.look('x', 1)", "SELECT giftbridge.tell_accounts('x', '{a}', '{x}', '{y}', '{NULL}')",
            "SELECT giftbridge.identity()", "SELECT giftbridge.verify(1)",
            "SELECT giftbridge.allowance('b', now())", "SELECT giftbridge.pause('b', 'x')",
            "SELECT giftbridge.resume('b')", "SELECT giftbridge.resolve_sold($completed, 'x')",
            "SELECT giftbridge.resolve_unsold($completed)", "SELECT giftbridge.prune('1 day')",
            "SELECT giftbridge.heartbeat('x', 'x', 1, 'x', 'running', 0, 0, 0, 0, 0, true, NULL, NULL)",
            // Other roles.
            "SET ROLE giftbridge_worker", "SET ROLE $b", "SET SESSION AUTHORIZATION $b",
            "GRANT giftbridge_worker TO $a",
            "GRANT UPDATE ON giftbridge.orders TO $a; UPDATE giftbridge.orders SET status = 'pending'",
            "ALTER ROLE $a BYPASSRLS", "SET session_replication_role = replica",
            "SET row_security = off; SELECT FROM giftbridge.orders",
            // The schema.
            "ALTER TABLE giftbridge.orders DISABLE ROW LEVEL SECURITY", "DROP POLICY orders_read ON giftbridge.orders",
            "CREATE POLICY mine ON giftbridge.orders USING (true)",
            "ALTER TABLE giftbridge.orders DISABLE TRIGGER USER",
            "CREATE TRIGGER t AFTER INSERT ON giftbridge.orders EXECUTE FUNCTION giftbridge.orders_hint()",
            "CREATE TABLE giftbridge.mine (x int)", "CREATE VIEW giftbridge.mine AS SELECT 1",
            "CREATE FUNCTION giftbridge.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "CREATE OR REPLACE FUNCTION giftbridge.is_open_to(name, name) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
            "CREATE OPERATOR giftbridge.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq)",
            "CREATE INDEX ON giftbridge.orders (id)", "DROP SCHEMA giftbridge CASCADE",
            "CREATE TABLE evil_a.mine (id bigint REFERENCES giftbridge.orders)",
            // The machine.
            "COPY giftbridge.orders TO '/tmp/x'", "COPY giftbridge.orders TO PROGRAM 'cat'",
            "SELECT pg_read_file('/etc/passwd')",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres'",
        ].map { Attempt(.a, "42501", $0) }

        /// A shop that is not one's own is as good as none.
        static let foreign = [
            Attempt(.a, "23514", "INSERT INTO giftbridge.orders \(order) VALUES \(values("b"))"),
            Attempt(.a, "23514", "INSERT INTO giftbridge.orders \(order) VALUES \(values("b")) RETURNING id"),
            Attempt(
                .a, "23514", "INSERT INTO giftbridge.orders \(order) VALUES \(values("b")) ON CONFLICT DO NOTHING"),
            Attempt(.a, "23514", "INSERT INTO giftbridge.orders \(order) VALUES \(values("no such shop"))"),
            Attempt(
                .a, "23514",
                "INSERT INTO giftbridge.orders \(order) VALUES \(values("a")); UPDATE giftbridge.orders SET shop = 'b'"),
            // The unique (shop, shop_order_id) of another shop cannot be asked: the shop is refused first.
            Attempt(
                .a, "23514",
                """
                INSERT INTO giftbridge.orders (shop, shop_order_id, items, customer_email, delivery_method, payment_method)
                VALUES ('b', 'B1', '[{"id": 1}]', 'x@y', 9, 1)
                ON CONFLICT (shop, shop_order_id) DO UPDATE SET customer_town = 'x'
                """),
            Attempt(.a, "P0002", "SELECT giftbridge.retry($rejected)"),
            Attempt(.a, "P0002", "SELECT giftbridge.cancel($pending)"),
            Attempt(.a, "P0002", "SELECT giftbridge.cancel(999999)"),
        ]

        static let others = [
            "SELECT * FROM giftbridge.orders", "SELECT customer_email FROM giftbridge.orders",
            "SELECT items FROM giftbridge.orders", "SELECT voucher_codes FROM giftbridge.orders",
            "SELECT code FROM giftbridge.codes", "SELECT secret FROM giftbridge.installation",
            "SELECT FROM giftbridge.vouchers",
            "SELECT response FROM giftbridge.submissions", "SELECT o FROM giftbridge.orders AS o",
            "SELECT to_jsonb(j) FROM giftbridge.submissions AS j", "UPDATE giftbridge.orders SET status = 'completed'",
            "UPDATE giftbridge.orders SET customer_town = 'x'", "DELETE FROM giftbridge.orders",
            "INSERT INTO giftbridge.orders \(order) VALUES \(values("default"))",
            "DELETE FROM giftbridge.in_flight", "DELETE FROM giftbridge.due",
            "UPDATE giftbridge.shops SET db_role = NULL", "DELETE FROM giftbridge.status",
            "UPDATE giftbridge.status SET state = 'stopped'", "LOCK TABLE giftbridge.orders IN ACCESS EXCLUSIVE MODE",
            "SELECT giftbridge.prune('1 day')", "SELECT giftbridge.adopt()",
            "CREATE TABLE giftbridge.mine (x int)", "DROP TABLE giftbridge.orders",
            "CREATE OR REPLACE FUNCTION giftbridge.claim() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "SET ROLE giftbridge_shop", "SET ROLE $b", "GRANT giftbridge_shop TO $outsider",
        ].flatMap { sql in [.worker, .monitor, .outsider].map { Attempt($0, "42501", sql) } }

        static let monitor = [
            "SELECT FROM giftbridge.orders", "SELECT FROM giftbridge.submissions", "SELECT FROM giftbridge.shops",
            "SELECT FROM giftbridge.order_list", "SELECT FROM giftbridge.order_story",
            "SELECT FROM giftbridge.attempts",
            "SELECT giftbridge.claim('x', 1, '1 min', '{a}', '{0}', '{1}')", "SELECT giftbridge.retry($rejected)",
            "SELECT giftbridge.cancel($pending)", "SELECT giftbridge.resolve_unsold($completed)",
            "SELECT giftbridge.pause('b', 'x')", "SELECT giftbridge.resume('b')",
            "SELECT giftbridge.look('x', 1)", "SELECT giftbridge.rescue('1 s', 1)",
        ].map { Attempt(.monitor, "42501", $0) }

        @Test func everyAttemptIsRefused() async throws {
            let house = try await RoleHouse.make()
            let before = try await house.test.value(Self.everything)
            for login in RoleHouse.Login.allCases {
                let session = try await house.session(login)
                for attempt in Self.shop + Self.foreign + Self.others + Self.monitor where attempt.who == login {
                    let refusal = try await session.refusal(house.filled(attempt.sql))
                    #expect(
                        refusal?.sqlState == attempt.sqlState, "\(attempt.testDescription): \(refusal.debugDescription)"
                    )
                    let told = [refusal?.message, refusal?.detail, refusal?.hint].compactMap(\.self).joined()
                    #expect(!told.contains("SECRET"), "\(attempt.testDescription)")
                }
                await session.connection.close()
            }
            #expect(try await house.test.value(Self.everything) == before)
        }

        /// All rows of the schema.
        private static let everything = """
            SELECT md5(concat((SELECT string_agg(o::text, '' ORDER BY id) FROM giftbridge.orders AS o),
                (SELECT string_agg(j::text, '' ORDER BY id) FROM giftbridge.submissions AS j),
                (SELECT string_agg(s::text, '' ORDER BY name) FROM giftbridge.shops AS s),
                (SELECT string_agg(m::text, '') FROM giftbridge.migrations AS m)))
            """

        /// What is refused in the same words cannot be told apart.
        @Test func anOrderOfAnotherShopLooksLikeNone() async throws {
            let house = try await RoleHouse.make()
            let session = try await house.session(.a)
            for call in ["retry", "cancel"] {
                let foreign = try await session.refusal("SELECT giftbridge.\(call)(\(house.rejected))")
                #expect(foreign?.message == "there is no order \(house.rejected)")
            }
            let message = "shop is unknown, or your role has no access to it: shops are rows of giftbridge.shops"
            for shop in ["b", "no such shop"] {
                let refusal = try await session.refusal(
                    "INSERT INTO giftbridge.orders \(Self.order) VALUES \(Self.values(shop))")
                #expect(refusal?.message == message)
            }
        }
    }
}
