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
            #expect(open == [])
        }

        @Test func eachRoleHasTheFunctionsThatItNeeds() async throws {
            let test = try await TestQueue.make()
            #expect(try await test.column(Self.functions("giftbridge_shop")) == ["cancel", "retry"])
            #expect(try await test.column(Self.functions("giftbridge_monitor")) == ["allowance", "drain_seconds"])
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
}
