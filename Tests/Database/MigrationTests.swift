import LibPQ
import TestSupport
import Testing

@testable import Giftbridge

extension DatabaseTests {
    struct MigrationTests {
        private func mismatch(_ connection: Connection) async throws -> Schema.Mismatch {
            try await #require(throws: Schema.Mismatch.self) { try await Schema.check(connection) }
        }

        @Test func emptyDatabaseGetsTheWholeSchema() async throws {
            let connection = try await TestServer.shared.emptyDatabase().connect()
            #expect(try await mismatch(connection) == .missing)
            #expect(try await Schema.pending(connection).count == Schema.migrations.count)
            let applied = try await Schema.migrate(connection)
            #expect(applied.map(\.version) == Schema.migrations.map(\.version))
            #expect(try await Schema.pending(connection).isEmpty)
            try await Schema.check(connection)
            #expect(
                try await connection.query("SELECT name FROM giftbridge.shops").map { try $0.text(0) } == ["default"])
        }

        @Test func migrationsAreNumberedWithoutGaps() {
            #expect(Schema.migrations.map(\.version) == Array(1...Schema.version))
            #expect(Schema.migrations.count == SQL.migrations.count)
        }

        @Test func repeatedMigrationAppliesNothingAndKeepsEverything() async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            try await test.run("DROP FUNCTION giftbridge.waits_fresh")
            #expect(try await Schema.migrate(test.connection).isEmpty)
            #expect(try await test.status(order.orderID) == "submitting")
            #expect(try await test.int("SELECT count(*) FROM giftbridge.migrations") == Schema.migrations.count)
            // Functions are installed again each time.
            #expect(try await test.value("SELECT to_regproc('giftbridge.waits_fresh') IS NOT NULL") == "t")
        }

        /// A role that may create schemas makes ours, or something in it, before an administrator migrates: what it made would run
        /// with the administrator's rights, or stand in for ours.
        @Test(arguments: [
            "CREATE SCHEMA giftbridge",
            "CREATE TABLE giftbridge.migrations (version integer, name text, applied_at timestamptz DEFAULT early())",
            "CREATE VIEW giftbridge.queue AS SELECT 1 AS shop",
            "CREATE FUNCTION giftbridge.settle() RETURNS void LANGUAGE sql AS 'SELECT'",
            "CREATE SEQUENCE giftbridge.orders_id_seq",
            "CREATE DOMAIN giftbridge.status AS text",
            "CREATE OPERATOR giftbridge.= (PROCEDURE = pg_catalog.int4eq, LEFTARG = int, RIGHTARG = int)",
        ])
        func whatAnotherRoleMadeBeforeIsNotInstalledOver(made: String) async throws {
            let database = try await TestServer.shared.emptyDatabase()
            let connection = try await database.connect()
            let role = "early_\(UInt32.random(in: 0...UInt32.max))"
            try await connection.script(
                """
                CREATE ROLE \(role);
                CREATE FUNCTION public.early() RETURNS timestamptz LANGUAGE plpgsql AS $$BEGIN
                    ALTER ROLE \(role) SUPERUSER; RETURN now(); END$$;
                \(made.contains("SCHEMA") ? "" : "CREATE SCHEMA giftbridge; GRANT ALL ON SCHEMA giftbridge TO \(role);")
                GRANT CREATE ON DATABASE \(database.name) TO \(role);
                SET ROLE \(role); \(made); RESET ROLE
                """)
            let refused = await #expect(throws: Schema.Mismatch.self) {
                try await Schema.migrate(connection, roles: true)
            }
            guard case .owned(let objects)? = refused else { return #expect(Bool(false), "\(refused as Any)") }
            #expect(objects.count == 1 && objects[0].hasSuffix("(owner \(role))"), "\(objects)")
            let row = try await connection.query("SELECT rolsuper FROM pg_roles WHERE rolname = $1", [.text(role)])
            #expect(try row[0].bool(0) == false)
            try await connection.script("DROP OWNED BY \(role); DROP ROLE \(role)")
        }

        @Test func twoMigrationsAtOnceBothSucceedAndOneApplies() async throws {
            let database = try await TestServer.shared.emptyDatabase()
            let applied = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 1...4 {
                    group.addTask {
                        let connection = try await database.connect()
                        let count = try await Schema.migrate(connection).count
                        await connection.close()
                        return count
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(applied.sorted() == [0, 0, 0, Schema.migrations.count])
        }

        @Test func newerSchemaIsLeftAlone() async throws {
            let test = try await TestQueue.make()
            try await test.run(
                "INSERT INTO giftbridge.migrations (version, name) VALUES (999, 'later'); DROP FUNCTION giftbridge.waits_fresh"
            )
            let newer = Schema.Mismatch.newer(installed: 999)
            await #expect(throws: newer) { try await Schema.check(test.connection) }
            await #expect(throws: newer) { try await Schema.migrate(test.connection) }
            await #expect(throws: newer) { try await Schema.pending(test.connection) }
            #expect(try await test.value("SELECT to_regproc('giftbridge.waits_fresh')") == nil)
        }

        @Test func olderSchemaIsSaid() async throws {
            let test = try await TestQueue.make()
            try await test.run("DELETE FROM giftbridge.migrations WHERE version = \(Schema.version)")
            #expect(try await mismatch(test.connection) == .older(installed: Schema.version - 1))
            #expect(try await Schema.pending(test.connection).map(\.version) == [Schema.version])
        }

        @Test func tableThatIsLockedForLongStopsTheMigrationAndChangesNothing() async throws {
            let test = try await TestQueue.make()
            // Should the lock not be waited for as told, the lock ends after a while: the test fails, and does not hang.
            let holder = try await test.other()
            try await holder.run(
                """
                SET idle_in_transaction_session_timeout = '5 s';
                BEGIN; LOCK TABLE giftbridge.orders IN ACCESS EXCLUSIVE MODE
                """)
            try await test.run("DROP FUNCTION giftbridge.waits_fresh")
            let begin = ContinuousClock.now
            let error = try await #require(throws: ServerError.self) {
                try await Schema.migrate(test.connection, lockTimeout: .milliseconds(200))
            }
            #expect(error.sqlState == "55P03")
            #expect(begin.duration(to: .now) < .seconds(15))
            #expect(try await test.value("SELECT to_regproc('giftbridge.waits_fresh')") == nil)
            try await holder.run("ROLLBACK")
            #expect(try await Schema.migrate(test.connection).isEmpty)
        }

        @Test func repeatedMigrationPassesReadersAndWritersOfTheOrders() async throws {
            let test = try await TestQueue.make()
            let other = try await test.other()
            try await other.run("BEGIN; SELECT FROM giftbridge.orders; \(TestQueue.insert())")
            #expect(try await Schema.migrate(test.connection, lockTimeout: .seconds(1)).isEmpty)
            try await other.run("COMMIT")
        }
    }
}
