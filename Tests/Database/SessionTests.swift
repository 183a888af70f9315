import LibPQ
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
