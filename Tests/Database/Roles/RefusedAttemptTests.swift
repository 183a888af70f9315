import LibPQ
import TestSupport
import Testing

@testable import Giftbridge

extension DatabaseTests {
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
