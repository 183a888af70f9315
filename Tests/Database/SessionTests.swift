import LibPQ
import Logging
import TestSupport
import Testing

@testable import Giftbridge

extension DatabaseTests {
    /// What the worker's sessions are, whatever the database's owner has set for role and database.
    @Suite struct SessionTests {
        @Test func everySettingIsTakenAndTheServerGivesUpFirst() async throws {
            let test = try await TestQueue.make()
            let name = test.database.name
            try await test.run("ALTER DATABASE \(name) SET default_transaction_isolation = serializable")
            try await test.run("ALTER DATABASE \(name) SET DateStyle = German")
            let options = ConnectionOptions.giftbridge("worker")
            let patience = try #require(options.commandTimeout)
            let connection = try await test.database.connect(options: options)
            let row = try #require(
                try await connection.query(
                    """
                    SELECT (SELECT count(*) FROM pg_settings WHERE source = 'client' AND name = ANY ($1)),
                        current_setting('transaction_isolation') = 'read committed' AND current_setting('DateStyle') LIKE 'ISO%',
                        current_setting('statement_timeout')::interval < $2,
                        current_setting('lock_timeout')::interval < current_setting('statement_timeout')::interval
                    """, [.textArray(options.settings.keys.sorted()), .interval(patience)]
                ).first)
            #expect(try row.int(0) == options.settings.count)
            for column in 1...3 { #expect(try row.bool(column), "\(column)") }
            await connection.close()
        }
    }
}

/// The connection of those who only look: one, however many ask.
@Suite struct LookingConnectionTests {
    @Test func manyFirstReadersShareOneConnection() async throws {
        let database = try await TestServer.shared.database()
        let looking = LookingConnection(conninfo: database.conninfo, logger: Logger(label: "test"))
        let sessions = try await Self.sessions(20, looking)
        #expect(Set(sessions).count == 1)
        let open = try await TestDatabase(server: database.server, name: "postgres").value(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND application_name = 'giftbridge http'",
            [.text(database.name)])
        #expect(open == "1")
        await looking.close()
    }

    @Test func manyReadersOfALostConnectionShareTheNextOne() async throws {
        let database = try await TestServer.shared.database()
        let looking = LookingConnection(conninfo: database.conninfo, logger: Logger(label: "test"))
        let first = try await Self.sessions(1, looking)
        try await database.terminateConnections()
        // The first to read finds it lost.
        await #expect(throws: (any Error).self) { try await Self.sessions(1, looking) }
        let next = try await Self.sessions(20, looking)
        #expect(Set(next).count == 1 && next.first != first.first)
        await looking.close()
    }

    /// The server processes that answered these readers at once.
    private static func sessions(_ readers: Int, _ looking: LookingConnection) async throws -> [Int] {
        try await withThrowingTaskGroup(of: Int?.self) { group in
            for _ in 0..<readers {
                group.addTask {
                    try await looking.read { try await $0.query("SELECT pg_backend_pid() AS pid").first?.int("pid") }
                }
            }
            return try await group.reduce(into: []) { all, pid in if let pid { all.append(pid) } }
        }
    }
}
