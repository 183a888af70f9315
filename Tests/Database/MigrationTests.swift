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

        @Test(arguments: 1..<Schema.version)
        func upgradeKeepsTheOrdersOfEveryState(from version: Int) async throws {
            let connection = try await TestServer.shared.emptyDatabase().connect()
            for file in SQL.bootstrap { try await connection.script(file.text) }
            for migration in Schema.migrations.prefix(version) {
                try await connection.script(migration.text)
                _ = try await connection.query(
                    SQL.Call.migrationDone, [.int(migration.version), .text(migration.name)])
            }
            #expect(try await mismatch(connection) == .older(installed: version))
            // Past the triggers, which are not installed yet.
            try await connection.script("SET session_replication_role = replica")
            for status in OrderStatus.allCases {
                try await connection.script(TestQueue.insert(2, TestQueue.columns(of: status)))
            }
            try await connection.script("RESET session_replication_role")
            if version < 4 {
                // Functions of that version, which are none any more.
                for name in ["flush_commit", "lanes"] {
                    try await connection.script(
                        "CREATE FUNCTION giftbridge.\(name)() RETURNS void LANGUAGE sql AS 'SELECT'")
                }
            }

            let applied = try await Schema.migrate(connection)
            #expect(applied.map(\.version) == Array(version + 1...Schema.version))
            try await Schema.check(connection)
            let states = try await connection.query(
                "SELECT status FROM giftbridge.orders GROUP BY status HAVING count(*) = 2")
            #expect(try Set(states.map { try $0.text(0) }) == Set(OrderStatus.allCases.map(\.rawValue)))
            let functions = try await connection.query(
                "SELECT proname FROM pg_proc WHERE pronamespace = 'giftbridge'::regnamespace")
            #expect(try Set(functions.map { try $0.text(0) }) == Set(SQL.functions.map(\.name)))
        }

        @Test func repeatedMigrationAppliesNothingAndKeepsEverything() async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            try await test.run("DROP FUNCTION giftbridge.voucher_code")
            #expect(try await Schema.migrate(test.connection).isEmpty)
            #expect(try await test.status(order.orderID) == "submitting")
            #expect(try await test.int("SELECT count(*) FROM giftbridge.migrations") == Schema.migrations.count)
            // Functions are installed anew each time.
            #expect(try await test.value("SELECT length(giftbridge.voucher_code())") == "16")
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
                "INSERT INTO giftbridge.migrations (version, name) VALUES (999, 'later'); DROP FUNCTION giftbridge.voucher_code"
            )
            let newer = Schema.Mismatch.newer(installed: 999)
            await #expect(throws: newer) { try await Schema.check(test.connection) }
            await #expect(throws: newer) { try await Schema.migrate(test.connection) }
            await #expect(throws: newer) { try await Schema.pending(test.connection) }
            #expect(try await test.value("SELECT to_regproc('giftbridge.voucher_code')") == nil)
        }

        @Test func olderSchemaIsSaid() async throws {
            let test = try await TestQueue.make()
            try await test.run("DELETE FROM giftbridge.migrations WHERE version = \(Schema.version)")
            #expect(try await mismatch(test.connection) == .older(installed: Schema.version - 1))
            #expect(try await Schema.pending(test.connection).map(\.version) == [Schema.version])
        }

        @Test func tableThatIsLockedForLongStopsTheMigrationAndChangesNothing() async throws {
            let test = try await TestQueue.make()
            // Should the lock not be waited for as told, it ends by itself: the test fails, and does not hang.
            let holder = try await test.other()
            try await holder.run(
                """
                SET idle_in_transaction_session_timeout = '5 s';
                BEGIN; LOCK TABLE giftbridge.orders IN ACCESS EXCLUSIVE MODE
                """)
            try await test.run("DROP FUNCTION giftbridge.voucher_code")
            let begin = ContinuousClock.now
            let error = try await #require(throws: ServerError.self) {
                try await Schema.migrate(test.connection, lockTimeout: .milliseconds(200))
            }
            #expect(error.sqlState == "55P03")
            #expect(begin.duration(to: .now) < .seconds(15))
            #expect(try await test.value("SELECT to_regproc('giftbridge.voucher_code')") == nil)
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
