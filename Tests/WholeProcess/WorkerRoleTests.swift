import Giftbridge
import LocalPostgres
import TestSupport
import Testing

/// The worker as a login that is a member of `giftbridge_worker` and nothing more. (Every other test's worker is one, too.)
@Suite struct WorkerRoleTests {
    @Test func aWholeOrdersWayNeedsNoMoreThanTheRole() async throws {
        let database = try await TestServer.shared.database()
        try await VendorPeer.run { vendor in
            try await database.liftLimit()
            var bridge = Bridge(database, vendor, ["GIFTBRIDGE_LEASE": "3s", "GIFTBRIDGE_REQUEST_TIMEOUT": "2s"])
            bridge.settings["GIFTBRIDGE_LOG_LEVEL"] = "trace"

            // Killed with a request on its way: rescued and verified by the next one.
            bridge.settings["GIFTBRIDGE_TEST_CRASH"] = "answered:1"
            try await database.insertOrders(1...1)
            _ = try await bridge.run { try await $0.end() }
            bridge.settings["GIFTBRIDGE_TEST_CRASH"] = nil

            let (_, outcome) = try await bridge.run { worker in
                #expect(
                    try await database.value(
                        """
                        SELECT string_agg(DISTINCT format('%s %s %s', a.usename, u.rolsuper, m.roleid::regrole), ', ')
                        FROM pg_stat_activity AS a JOIN pg_roles AS u ON u.rolname = a.usename
                        JOIN pg_auth_members AS m ON m.member = u.oid
                        WHERE a.datname = current_database() AND a.application_name ~ '^giftbridge (worker|listen)$'
                        """) == "test_worker f giftbridge_worker")
                try await database.waitUntilFinished()
                // An answer that is lost, a refusal, a 429, and a key that is wrong for a while.
                try await vendor.fault("close_after", orderID: "2")
                try await vendor.fault("status_422", orderID: "3")
                try await vendor.fault("status_429", orderID: "4")
                try await database.insertOrders(2...5)
                try await database.waitUntilFinished()
                try await vendor.accept(key: "sk_other")
                try await database.insertOrders(6...6)
                try await database.wait(for: "t", from: "SELECT paused FROM giftbridge.queue")
                try await vendor.accept(key: VendorPeer.key)
                let resume = try await RunningProcess.giftbridge(
                    ["retry", "3"], environment: ["GIFTBRIDGE_DATABASE_URL": database.workerConninfo])
                #expect(resume.status == 0, "\(resume.text)")
                try await database.run("SELECT giftbridge.resume('default')")
                try await database.waitUntilFinished()
                // An administrator erases beside it.
                try await database.run(
                    """
                    SET session_replication_role = replica;
                    UPDATE giftbridge.orders SET updated_at = now() - interval '100 days';
                    RESET session_replication_role;
                    SELECT giftbridge.prune('90 days')
                    """)
                worker.signal(15)
                try await worker.end()
            }
            #expect(outcome.status == 0)
            #expect(try await database.states() == "completed=6")
            #expect(
                try await database.value("SELECT count(*) FROM giftbridge.orders WHERE customer_email !~ '^erased@'")
                    == "0")
            #expect(
                try await database.value("SELECT string_agg(DISTINCT state, ' ') FROM giftbridge.status")
                    == "running stopped")
            #expect(!outcome.text.contains("42501") && !outcome.text.contains("permission denied"), "\(outcome.text)")
            try await expectTheBooksBalance(database, vendor)
        }
    }

    @Test func aLoginWithoutTheRoleIsToldWhatIsMissing() async throws {
        let database = try await TestServer.shared.database()
        let login = "\(database.name)_nobody"
        try await database.run("CREATE ROLE \(login) LOGIN")
        let outcome = try await RunningProcess.giftbridge(
            ["run"],
            environment: [
                "GIFTBRIDGE_DATABASE_URL": "\(database.conninfo) user=\(login)", "GIFTBRIDGE_API_KEY": VendorPeer.key,
            ])
        #expect(outcome.status == 78)
        #expect(
            outcome.output == [
                """
                giftbridge: the database role has no permissions in schema giftbridge: the schema's owner can run \
                `giftbridge migrate --roles` and `GRANT giftbridge_worker TO` the role
                """
            ])
    }

    @Test func migrateMakesTheRolesOnRequestAndSaysSo() async throws {
        let database = try await TestServer.shared.emptyDatabase()
        func migrate(_ arguments: String...) async throws -> String {
            let outcome = try await RunningProcess.giftbridge(
                ["migrate"] + arguments, environment: ["GIFTBRIDGE_DATABASE_URL": database.conninfo])
            #expect(outcome.status == 0, "\(outcome.text)")
            return outcome.text
        }
        let usage = "SELECT has_schema_privilege('giftbridge_worker', 'giftbridge', 'USAGE')::text"
        let rights = "the roles' permissions"
        #expect(
            try await migrate("--dry-run", "--roles").contains("\(rights) would be those of version \(Schema.version)"))
        #expect(try await database.value("SELECT to_regnamespace('giftbridge')") == nil)
        #expect(try await migrate("--roles").contains("\(rights) are those of version \(Schema.version)"))
        #expect(try await database.value(usage) == "true")
        #expect(try await !migrate().contains("role"))
        #expect(try await database.value(usage) == "true")
    }

    @Test func anOwnerWhoMayNotMakeRolesIsToldHow() async throws {
        // A server of its own: the shared one has the roles.
        try await LocalPostgres.run(in: TestServer.directory) { postgres in
            let database = TestDatabase(server: postgres, name: "postgres")
            try await database.run("CREATE ROLE owner LOGIN; GRANT CREATE ON DATABASE postgres TO owner")
            let outcome = try await RunningProcess.giftbridge(
                ["migrate", "--roles", "--database-url", "\(database.conninfo) user=owner"])
            #expect(outcome.status == 1)
            #expect(outcome.output.count == 1, "\(outcome.text)")
            #expect(outcome.text.contains("ask an administrator to run CREATE ROLE giftbridge_worker;"))
            #expect(try await database.value("SELECT to_regnamespace('giftbridge')") == nil)
        }
    }
}
