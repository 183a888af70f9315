import Glibc
import LibPQ
import Testing

extension OneAtATime {
    @Suite(.timeLimit(.minutes(1)))
    struct LossTests {
        @Test func terminatedBackendIsALostConnection() async throws {
            let connection = try await openConnection()
            let other = try await openConnection()
            let query = Task { try await connection.query("SELECT pg_sleep(60)") }
            try await other.waitUntilSleeping(connection)
            let waiting = (0..<5).map { _ in Task { try await connection.prepared("SELECT 1") } }
            _ = try await other.query("SELECT pg_terminate_backend($1::int)", [.int(Int(connection.backendPID))])
            let first = try await error(ConnectionError.self) { _ = try await query.value }
            guard case .lost(let reason) = first else { throw first }
            #expect(reason.contains("administrator command"))
            for task in waiting {
                await #expect(throws: first) { try await task.value }
            }
            let start = ContinuousClock.now
            for _ in 0..<1000 {
                await #expect(throws: first) { try await connection.query("SELECT 1") }
            }
            #expect(ContinuousClock.now - start < .seconds(10))
            await #expect(throws: first) { try await connection.script("SELECT 1") }
            await #expect(throws: first) { try await connection.transaction { _ in } }
            await #expect(throws: first) { try await connection.begin([Statement("SELECT 1")]) }
            await connection.close()
        }

        @Test func killedBackendInTheMiddleOfAnAnswerIsALostConnection() async throws {
            let connection = try await openConnection()
            let other = try await openConnection()
            let query = Task {
                try await connection.query("SELECT repeat('x', 100000), pg_sleep(0.01) FROM generate_series(1, 10000)")
            }
            try await other.waitUntilSleeping(connection)
            _ = try await other.query("SELECT pg_terminate_backend($1::int)", [.int(Int(connection.backendPID))])
            let failure = try await error(ConnectionError.self) { _ = try await query.value }
            guard case .lost = failure else { throw failure }
        }

        @Test func pipelineOnATerminatedBackendEnds() async throws {
            let connection = try await openConnection()
            let failure = try await error(ConnectionError.self) {
                _ = try await connection.begin([
                    Statement("SELECT 1"), Statement("SELECT pg_terminate_backend(pg_backend_pid())"),
                    Statement("SELECT 3"),
                ]).results()
            }
            guard case .lost = failure else { throw failure }
        }

        @Test func closeFreesAllThatWait() async throws {
            let connection = try await openConnection()
            let other = try await openConnection()
            let query = Task { try await connection.query("SELECT pg_sleep(60)") }
            try await other.waitUntilSleeping(connection)
            let waiting = (0..<5).map { _ in Task { try await connection.query("SELECT 1") } }
            await connection.close()
            for task in waiting + [query] {
                await #expect(throws: ConnectionError.closed) { try await task.value }
            }
            _ = try await other.query("SELECT pg_terminate_backend($1::int)", [.int(Int(connection.backendPID))])
        }

        /// A server of another machine or user cannot be stopped from here.
        @Test(.enabled(if: getenv("GIFTBRIDGE_TEST_CONNINFO") == nil))
        func silentServerIsGivenUpAfterTheCommandTimeout() async throws {
            let other = try await openConnection()
            let connection = try await openConnection(.init(commandTimeout: .milliseconds(300)))
            let pid = connection.backendPID
            #expect(try await connection.query("SELECT 1").count == 1)
            try #require(kill(pid, SIGSTOP) == 0)
            defer { kill(pid, SIGCONT) }
            let waiting = Task { try await connection.query("SELECT 2") }
            let start = ContinuousClock.now
            await #expect(throws: ConnectionError.timedOut) { try await connection.query("SELECT 1") }
            await #expect(throws: ConnectionError.timedOut) { try await waiting.value }
            #expect(ContinuousClock.now - start < .seconds(20))
            #expect(try await other.query("SELECT 1").count == 1)
        }

        /// Else it could commit after the caller has tried again.
        @Test func whatIsGivenUpIsCancelledAtTheServer() async throws {
            let other = try await openConnection()
            try await other.script("DROP TABLE IF EXISTS given_up; CREATE TABLE given_up (a int)")
            let connection = try await openConnection(.init(commandTimeout: .milliseconds(300)))
            let reply = try await connection.begin([
                Statement("INSERT INTO given_up VALUES (1)"), Statement("SELECT pg_sleep(60)"),
            ])
            try await other.waitUntilSleeping(connection)
            await #expect(throws: ConnectionError.timedOut) { try await reply.results() }
            await #expect(throws: ConnectionError.timedOut) { try await connection.query("SELECT 1") }
            try await other.waitUntilGone(connection.backendPID)
            #expect(try await other.query("SELECT FROM given_up").isEmpty)
            try await other.script("DROP TABLE given_up")
        }

        @Test func answersInPiecesDoNotTimeOut() async throws {
            let connection = try await openConnection(.init(commandTimeout: .seconds(1)))
            let rows = try await connection.query(
                "SELECT repeat('x', 50000), pg_sleep(0.2) FROM generate_series(1, 8)"
            )
            #expect(rows.count == 8)
        }
    }
}
