import LibPQ
import Testing

extension OneAtATime {
    @Suite(.timeLimit(.minutes(1)))
    struct CancellationTests {
        @Test func cancelledQueryIsStoppedAndTheConnectionStaysUsable() async throws {
            let connection = try await openConnection()
            let other = try await openConnection()
            for _ in 0..<5 {
                let query = Task { try await connection.query("SELECT pg_sleep(60)") }
                try await other.waitUntilSleeping(connection)
                let next = Task { try await connection.query("SELECT 2") }
                query.cancel()
                await #expect(throws: CancellationError.self) { try await query.value }
                #expect(try await next.value.first?.int(0) == 2)
            }
        }

        @Test func cancelledWaiterLeavesTheQueue() async throws {
            let connection = try await openConnection()
            let other = try await openConnection()
            let query = Task { try await connection.query("SELECT pg_sleep(60)") }
            try await other.waitUntilSleeping(connection)
            let waiting = Task { try await connection.query("SELECT 1") }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
            query.cancel()
            await #expect(throws: CancellationError.self) { try await query.value }
        }

        @Test func cancelledTaskDoesNotStart() async throws {
            let connection = try await openConnection()
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                try await connection.script("CREATE TEMPORARY TABLE never ()")
            }
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(try await connection.query("SELECT to_regclass('never')").first?.isNull(0) == true)
        }

        @Test func serversOwnTimeoutIsNoCancellation() async throws {
            let connection = try await openConnection(.init(settings: ["statement_timeout": "50ms"]))
            let failure = try await error(ServerError.self) { _ = try await connection.query("SELECT pg_sleep(60)") }
            #expect(failure.sqlState == "57014")
        }

        @Test func cancellationStormHitsNobodyElse() async throws {
            let connection = try await openConnection()
            var stopped = 0
            for round in 0..<150 {
                let doomed = Task { try await connection.query("SELECT pg_sleep(0.002)") }
                let fine = Task { try await connection.prepared("SELECT $1, pg_sleep(0.0005)", [.int(round)]) }
                if round % 3 == 0 { try await Task.sleep(for: .microseconds(round * 20)) }
                doomed.cancel()
                do {
                    _ = try await doomed.value
                } catch is CancellationError {
                    stopped += 1
                }
                #expect(try await fine.value.first?.int(0) == round)
            }
            #expect(stopped > 0)
        }

        @Test func manyTasksCancelledAtRandomLeaveTheRestRight() async throws {
            let connection = try await openConnection()
            let tasks = (0..<300).map { number in
                Task { try await connection.prepared("SELECT $1, pg_sleep(0.0002)", [.int(number)]).first?.int(0) }
            }
            for number in stride(from: 0, to: 300, by: 2) { tasks[number].cancel() }
            for (number, task) in tasks.enumerated() where number % 2 == 1 {
                #expect(try await task.value == number)
            }
            for number in stride(from: 0, to: 300, by: 2) {
                do {
                    #expect(try await tasks[number].value == number)
                } catch is CancellationError {}
            }
            #expect(try await connection.query("SELECT 1").count == 1)
        }
    }
}
