import LibPQ
import Testing

extension OneAtATime {
    @Suite(.timeLimit(.minutes(1)))
    struct CancellationTests {
        @Test func cancelledQueryIsStoppedAndTheConnectionCloses() async throws {
            let other = try await openConnection()
            let connection = try await openConnection()
            let query = Task { try await connection.query("SELECT pg_sleep(60)") }
            try await other.waitUntilSleeping(connection)
            let next = Task { try await connection.query("SELECT 2") }
            query.cancel()
            await #expect(throws: CancellationError.self) { try await query.value }
            await #expect(throws: ConnectionError.closed) { try await next.value }
            #expect(await connection.isOpen == false)
            try await other.waitUntilGone(connection.backendPID)
        }

        @Test func closeCancelsWhereItIsAskedTo() async throws {
            let other = try await openConnection()
            let connection = try await openConnection()
            let reply = try await connection.begin([Statement("SELECT pg_sleep(60)")])
            try await other.waitUntilSleeping(connection)
            await connection.close(cancelling: true)
            await #expect(throws: ConnectionError.closed) { try await reply.results() }
            try await other.waitUntilGone(connection.backendPID)
        }

        @Test func cancelledWaiterLeavesTheQueueAndDisturbsNoOther() async throws {
            let connection = try await openConnection()
            let holder = try await openConnection()
            _ = try await holder.query("SELECT pg_advisory_lock(20261124)")
            let running = try await connection.begin([Statement("SELECT pg_advisory_xact_lock(20261124)")])
            let waiting = Task { try await connection.query("SELECT 1") }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
            _ = try await holder.query("SELECT pg_advisory_unlock(20261124)")
            #expect(try await running.results().count == 1)
            #expect(try await connection.query("SELECT 1").count == 1)
        }

        @Test func cancelledTaskDoesNotStart() async throws {
            let connection = try await openConnection()
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                try await connection.script("CREATE TEMPORARY TABLE never ()")
            }
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(try await connection.query("SELECT to_regclass('never') IS NULL").first?.bool(0) == true)
        }

        @Test func serversOwnTimeoutIsNoCancellation() async throws {
            let connection = try await openConnection(.init(settings: ["statement_timeout": "50ms"]))
            let failure = try await error(ServerError.self) { _ = try await connection.query("SELECT pg_sleep(60)") }
            #expect(failure.sqlState == "57014")
            #expect(try await connection.query("SELECT 1").count == 1)
        }

        /// At whatever moment it comes: there is a result and an open connection, or neither.
        @Test func cancellationAtAnyMomentLeavesAResultOrAClosedConnection() async throws {
            var stopped = 0
            for round in 0..<60 {
                let connection = try await openConnection()
                let doomed = Task { try await connection.query("SELECT pg_sleep(0.002)") }
                if round % 3 == 0 { try await connection.loop.sleep(for: .microseconds(round * 40)) }
                doomed.cancel()
                do {
                    _ = try await doomed.value
                    #expect(try await connection.prepared("SELECT $1", [.int(round)]).first?.int(0) == round)
                } catch is CancellationError {
                    stopped += 1
                }
                await connection.close()
            }
            #expect(stopped > 0)
        }
    }
}
