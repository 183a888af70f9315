import LibPQ
import Testing

extension OneAtATime {
    @Suite(.timeLimit(.minutes(1)))
    struct TransactionTests {
        private struct Refusal: Error {}

        @Test func transactionIsCommittedOnReturn() async throws {
            let connection = try await openConnection()
            try await connection.script("CREATE TEMPORARY TABLE t (a int)")
            let sum = try await connection.transaction { transaction in
                try await transaction.script("INSERT INTO t VALUES (1)")
                _ = try await transaction.prepared("INSERT INTO t VALUES ($1)", [2])
                return try await transaction.query("SELECT sum(a) FROM t").first?.int(0)
            }
            #expect(sum == 3)
            #expect(try await connection.query("SELECT count(*) FROM t").first?.int(0) == 2)
        }

        @Test func transactionIsRolledBackOnThrow() async throws {
            let connection = try await openConnection()
            try await connection.script("CREATE TEMPORARY TABLE t (a int)")
            await #expect(throws: Refusal.self) {
                try await connection.transaction { transaction in
                    _ = try await transaction.query("INSERT INTO t VALUES (1)")
                    throw Refusal()
                }
            }
            let failure = try await error(ServerError.self) {
                try await connection.transaction { transaction in
                    _ = try await transaction.query("INSERT INTO t VALUES (1)")
                    _ = try await transaction.query("SELECT 1 / 0")
                }
            }
            #expect(failure.sqlState == "22012")
            #expect(try await connection.query("SELECT count(*) FROM t").first?.int(0) == 0)
        }

        @Test func swallowedErrorIsNotACommit() async throws {
            let connection = try await openConnection()
            await #expect(throws: StatementError.rolledBack) {
                try await connection.transaction { transaction in
                    await #expect(throws: ServerError.self) { try await transaction.query("SELECT 1 / 0") }
                }
            }
            #expect(try await connection.query("SELECT 1").count == 1)
        }

        @Test func refusedCommitIsTheServersError() async throws {
            let connection = try await openConnection()
            try await connection.script("CREATE TEMPORARY TABLE t (a int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
            let failure = try await error(ServerError.self) {
                try await connection.transaction { try await $0.script("INSERT INTO t VALUES (1), (1)") }
            }
            #expect(failure.sqlState == "23505")
            #expect(try await connection.query("SELECT FROM t").isEmpty)
        }

        @Test func transactionTakesSeveralTasks() async throws {
            let connection = try await openConnection()
            let sum = try await connection.transaction { transaction in
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for number in 1...20 {
                        group.addTask { try await transaction.query("SELECT $1", [.int(number)]).first?.int(0) ?? 0 }
                    }
                    return try await group.reduce(0, +)
                }
            }
            #expect(sum == 210)
        }

        @Test func cancelledTransactionIsRolledBack() async throws {
            let connection = try await openConnection()
            let observer = try await openConnection()
            try await observer.script("DROP TABLE IF EXISTS taken_back; CREATE TABLE taken_back (a int)")
            let task = Task {
                try await connection.transaction { transaction in
                    try await transaction.script("INSERT INTO taken_back VALUES (1)")
                    try await transaction.script("SELECT pg_sleep(60)")
                }
            }
            try await observer.waitUntilSleeping(connection)
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            try await observer.waitUntilGone(connection.backendPID)
            #expect(try await observer.query("SELECT FROM taken_back").isEmpty)
            try await observer.script("DROP TABLE taken_back")
        }

        @Test func transactionCancelledBetweenStatementsIsRolledBack() async throws {
            let connection = try await openConnection()
            let observer = try await openConnection()
            try await observer.script("DROP TABLE IF EXISTS taken_back; CREATE TABLE taken_back (a int)")
            let task = Task {
                try await connection.transaction { transaction in
                    try await transaction.script("INSERT INTO taken_back VALUES (1)")
                    withUnsafeCurrentTask { $0?.cancel() }
                }
            }
            await #expect(throws: CancellationError.self) { try await task.value }
            try await observer.waitUntilGone(connection.backendPID)
            #expect(try await observer.query("SELECT FROM taken_back").isEmpty)
            try await observer.script("DROP TABLE taken_back")
        }

        /// What came before it in the transaction is undone: the statement alone must not be done again.
        @Test func staleStatementIsNotRepeatedInATransaction() async throws {
            let connection = try await openConnection()
            try await connection.script("CREATE TEMPORARY TABLE t (a int)")
            _ = try await connection.prepared("SELECT * FROM t")
            try await connection.script("DEALLOCATE ALL")
            let failure = try await error(ServerError.self) {
                try await connection.transaction { transaction in
                    try await transaction.script("INSERT INTO t VALUES (1)")
                    _ = try await transaction.prepared("SELECT * FROM t")
                }
            }
            #expect(failure.sqlState == "26000")
            #expect(try await connection.prepared("SELECT * FROM t").isEmpty)
        }

        @Test func connectionLostDuringCommitIsSaidSo() async throws {
            let connection = try await openConnection()
            let observer = try await openConnection()
            try await connection.script(
                """
                CREATE TEMPORARY TABLE t (a int);
                CREATE FUNCTION pg_temp.slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NULL; END';
                CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
                    FOR EACH ROW EXECUTE FUNCTION pg_temp.slow();
                """
            )
            let task = Task { try await connection.transaction { try await $0.script("INSERT INTO t VALUES (1)") } }
            try await observer.waitUntilSleeping(connection)
            _ = try await observer.query("SELECT pg_terminate_backend($1::int)", [.int(Int(connection.backendPID))])
            await #expect(throws: ConnectionError.commitUnknown) { try await task.value }
        }

        @Test func connectionLostBeforeCommitIsNotUnknown() async throws {
            let connection = try await openConnection()
            let failure = try await error(ConnectionError.self) {
                try await connection.transaction { transaction in
                    // The session is gone, and so is the answer.
                    _ = try? await transaction.query("SELECT pg_terminate_backend(pg_backend_pid())")
                }
            }
            guard case .lost = failure else { throw failure }
        }
    }
}
