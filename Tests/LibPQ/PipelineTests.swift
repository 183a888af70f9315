import LibPQ
import LocalPostgres
import Synchronization
import TestSupport
import Testing

extension OneAtATime {
    @Suite(.timeLimit(.minutes(1)))
    struct PipelineTests {
        @Test(arguments: [false, true])
        func resultsComeInOrder(_ prepared: Bool) async throws {
            let connection = try await openConnection()
            for _ in 0..<3 {
                let statements = (0..<300).map { Statement("SELECT $1", [.int($0)], prepared: prepared) }
                let results = try await connection.begin(statements).results()
                #expect(try results.map { try $0.first?.int(0) } == (0..<300).map { $0 })
            }
            let kept = try await connection.query("SELECT count(*) FROM pg_prepared_statements").first?.int(0)
            #expect(kept == (prepared ? 1 : 0))
            #expect(try await connection.begin([]).results().isEmpty)
        }

        @Test(arguments: [false, true])
        func errorInTheMiddleUndoesAll(_ prepared: Bool) async throws {
            let connection = try await openConnection()
            try await connection.script("CREATE TEMPORARY TABLE t (a int CHECK (a <> 3))")
            let statements = (1...5).map { Statement("INSERT INTO t VALUES ($1)", [.int($0)], prepared: prepared) }
            let reply = try await connection.begin(statements)
            let failure = try await error(ServerError.self) { _ = try await reply.results() }
            #expect(failure.sqlState == "23514")
            #expect(try await connection.query("SELECT a FROM t").isEmpty)
            #expect(try await connection.begin([Statement("SELECT 1", prepared: true)]).results().count == 1)
        }

        /// All results have come then: the error is that of the COMMIT, which the server does at the sync.
        @Test(arguments: ["23514", "40001", "54000", "P0001"], [false, true])
        func errorAtTheCommitIsTheRepliesOwn(_ sqlState: String, _ prepared: Bool) async throws {
            let connection = try await openConnection()
            try await connection.script(
                """
                CREATE TEMPORARY TABLE t (a int);
                CREATE FUNCTION pg_temp.refuse() RETURNS trigger LANGUAGE plpgsql AS
                    'BEGIN RAISE ''not this one'' USING ERRCODE = ''\(sqlState)''; END';
                CREATE CONSTRAINT TRIGGER late AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
                    FOR EACH ROW WHEN (new.a = 2) EXECUTE FUNCTION pg_temp.refuse();
                """
            )
            let statements = (1...3).map { Statement("INSERT INTO t VALUES ($1)", [.int($0)], prepared: prepared) }
            for _ in 0..<2 {
                let reply = try await connection.begin(statements)
                let failure = try await error(ServerError.self) { _ = try await reply.results() }
                #expect(failure.sqlState == sqlState)
                #expect(failure.message == "not this one")
            }
            #expect(try await connection.query("SELECT FROM t").isEmpty)
            #expect(try await connection.begin([statements[0], statements[2]]).results().count == 2)
            #expect(try await connection.query("SELECT FROM t").count == 2)
        }

        @Test func statementThatCannotBePreparedFailsEveryTimeWithItsReason() async throws {
            let connection = try await openConnection()
            let statement = Statement("SELECT * FROM no_such_table WHERE a = $1", [1], prepared: true)
            let fine = Statement("SELECT 1", prepared: true)
            for _ in 0..<2 {
                let reply = try await connection.begin([fine, statement, fine, statement])
                let failure = try await error(ServerError.self) { _ = try await reply.results() }
                #expect(failure.sqlState == "42P01")
            }
            #expect(try await connection.prepared("SELECT 1").count == 1)
        }

        @Test(arguments: ["DEALLOCATE ALL", "ALTER TABLE shape ADD b int"])
        func staleStatementIsPreparedAgainAndTheWholeIsDoneOnce(_ cause: String) async throws {
            let connection = try await openConnection()
            try await connection.script("CREATE TEMPORARY TABLE shape (a int); CREATE TEMPORARY TABLE done (a int)")
            let statements = [
                Statement("INSERT INTO done VALUES (1)", prepared: true),
                Statement("SELECT * FROM shape", prepared: true),
                Statement("SELECT * FROM shape WHERE a = $1", [1], prepared: true),
            ]
            _ = try await connection.begin(statements).results()
            try await connection.script(cause)
            #expect(try await connection.begin(statements).results().count == 3)
            #expect(try await connection.query("SELECT FROM done").count == 2)
        }

        /// The same SQLSTATE from the statement itself: once more, and no third time.
        @Test func errorThatOnlyLooksStaleIsTold() async throws {
            let connection = try await openConnection()
            try await connection.script("CREATE TEMPORARY SEQUENCE tries")
            try await connection.script(
                """
                CREATE FUNCTION pg_temp.unsupported() RETURNS void LANGUAGE plpgsql AS
                    'BEGIN IF nextval(''tries'') > 1 THEN RAISE ''no'' USING ERRCODE = ''0A000''; END IF; END'
                """)
            let call = Statement("SELECT pg_temp.unsupported()", prepared: true)
            _ = try await connection.begin([call]).results()
            let reply = try await connection.begin([call])
            let failure = try await error(ServerError.self) { _ = try await reply.results() }
            #expect(failure.sqlState == "0A000")
            #expect(try await connection.query("SELECT last_value FROM tries").first?.int(0) == 3)
        }

        @Test func preparedStatementsHaveALimitInAPipelineToo() async throws {
            let connection = try await openConnection()
            for first in [0, 300] {
                let statements = (first..<first + 300).map { Statement("SELECT \($0)", prepared: true) }
                let results = try await connection.begin(statements).results()
                #expect(try results.map { try $0.first?.int(0) } == Array(first..<first + 300))
            }
            #expect(try await connection.prepared("SELECT 'one more'").count == 1)
            let kept = try await connection.query("SELECT count(*) FROM pg_prepared_statements").first?.int(0)
            #expect(kept == 500)
        }

        @Test func largePipelineDoesNotDeadlock() async throws {
            // Both sides' socket buffers are full at times: the server is read from while it is being written to.
            let connection = try await openConnection()
            let text = String(repeating: "x", count: 100_000)
            let statements = (0..<200).map { _ in Statement("SELECT $1", [.text(text)]) }
            let results = try await connection.begin(statements).results()
            #expect(results.count == 200)
            #expect(try results.allSatisfy { try $0.first?.text(0) == text })
        }

        /// The statement waits for a lock that is given up by what is done meanwhile: after the answer would be too late.
        @Test func workIsDoneWhileTheServerDoesItsOwn() async throws {
            let connection = try await openConnection()
            let holder = try await openConnection()
            _ = try await holder.query("SELECT pg_advisory_lock(20261123)")
            let reply = try await connection.begin([Statement("SELECT pg_advisory_xact_lock(20261123)")])
            _ = try await holder.query("SELECT pg_advisory_unlock(20261123)")
            #expect(try await reply.results().count == 1)
        }

        @Test func nothingIsSentOverAClosedConnection() async throws {
            let connection = try await openConnection()
            await connection.close()
            await #expect(throws: ConnectionError.closed) { try await connection.begin([Statement("SELECT 1")]) }
        }

        @Test func lateQuestionGetsTheResultAndSoDoesTheNext() async throws {
            let connection = try await openConnection()
            let first = try await connection.begin([Statement("SELECT 1")])
            let failing = try await connection.begin([Statement("SELECT 1 / 0")])
            let last = try await connection.begin([Statement("SELECT 3")])
            // Behind all three.
            #expect(try await connection.query("SELECT 4").first?.int(0) == 4)
            #expect(try await last.results().first?.first?.int(0) == 3)
            for _ in 0..<2 {
                await #expect(throws: ServerError.self) { try await failing.results() }
                #expect(try await first.results().first?.first?.int(0) == 1)
            }
            await connection.close()
            #expect(try await first.results().count == 1)
        }

        @Test func severalMayWaitForOneReply() async throws {
            let connection = try await openConnection()
            let reply = try await connection.begin([Statement("SELECT pg_sleep(0.05)"), Statement("SELECT 7")])
            let waiting = (0..<5).map { _ in Task { try await reply.results().last?.first?.int(0) } }
            for task in waiting { #expect(try await task.value == 7) }
        }

        @Test func droppedReplyIsWaitedForByTheNextCommand() async throws {
            let connection = try await openConnection()
            try await connection.script("CREATE TEMPORARY TABLE t (a int)")
            _ = try await connection.begin([
                Statement("INSERT INTO t VALUES (1)"), Statement("SELECT pg_sleep(0.1)", prepared: true),
            ])
            _ = try await connection.begin([Statement("INSERT INTO t VALUES (2)"), Statement("SELECT 1 / 0")])
            #expect(try await connection.query("SELECT a FROM t").map { try $0.int(0) } == [1])
        }

        @Test func cancelledPipelineIsUndone() async throws {
            let observer = try await openConnection()
            try await observer.script("DROP TABLE IF EXISTS undone; CREATE TABLE undone (a int)")
            let connection = try await openConnection()
            let reply = try await connection.begin([
                Statement("INSERT INTO undone VALUES (1)"), Statement("SELECT pg_sleep(60)"),
            ])
            let task = Task { try await reply.results() }
            try await observer.waitUntilSleeping(connection)
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            try await observer.waitUntilGone(connection.backendPID)
            #expect(try await observer.query("SELECT FROM undone").isEmpty)
            try await observer.script("DROP TABLE undone")
        }

        @Test func warningsComeWithTheirReply() async throws {
            let connection = try await openConnection()
            let warn = Statement("DO $$BEGIN RAISE WARNING 'careful'; RAISE NOTICE 'fine'; END$$")
            let reply = try await connection.begin([warn, Statement("SELECT 1")])
            let next = try await connection.begin([Statement("SELECT 1")])
            _ = try await next.results()
            #expect(reply.warnings.map(\.message) == ["careful"])
            #expect(reply.warnings.map(\.leavesCommitUnconfirmed) == [false])
            #expect(next.warnings.isEmpty)
        }

        /// The server waits for a standby that there is not, until the wait is cancelled: it has committed then.
        @Test func commitWithoutItsStandbyIsToldApart() async throws {
            let settings = ["synchronous_standby_names=nobody"]
            try await LocalPostgres.run(in: TestServer.directory, settings: settings) { server in
                let connection = try await Connection.open(server.conninfo(), logger: testLogger)
                let other = try await Connection.open(
                    server.conninfo(), options: .init(settings: ["synchronous_commit": "local"]), logger: testLogger)
                try await other.script("CREATE TABLE t (a int)")
                let reply = try await connection.begin([Statement("INSERT INTO t VALUES (1)")])
                let pid = Parameter.int(Int(connection.backendPID))
                try await other.wait(
                    until: "EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'SyncRep')", [pid])
                #expect(reply.warnings.isEmpty)
                _ = try await other.query("SELECT pg_cancel_backend($1::int)", [pid])
                #expect(try await reply.results().count == 1)
                #expect(reply.warnings.map(\.leavesCommitUnconfirmed) == [true])
                #expect(try await other.query("SELECT FROM t").count == 1)
                await connection.close()
                await other.close()
            }
        }

        /// To an actor on the connection's loop, sending and a late question are plain calls: the thread is not given up.
        @Test func actorOfTheLoopKeepsItsThread() async throws {
            let sharer = Sharer(try await openConnection())
            for _ in 0..<50 { try await sharer.ask() }
        }

        private actor Sharer {
            let connection: Connection
            nonisolated var unownedExecutor: UnownedSerialExecutor { connection.loop.asUnownedSerialExecutor() }

            init(_ connection: Connection) { self.connection = connection }

            func ask() async throws {
                let sending = Passer(connection.loop)
                let reply = try await connection.begin([Statement("SELECT 1", prepared: true)])
                #expect(!sending.hasPassed)
                _ = try await reply.results()
                await sending.end()

                let asking = Passer(connection.loop)
                _ = try await reply.results()
                #expect(!asking.hasPassed)
                await asking.end()
            }
        }

        /// A task that runs as soon as the loop's thread is free.
        private struct Passer {
            private final class Flag: Sendable {
                let isRaised = Atomic(false)
            }

            private let flag = Flag()
            private let task: Task<Void, Never>

            init(_ loop: SocketLoop) {
                task = Task(executorPreference: loop) { [flag] in flag.isRaised.store(true, ordering: .relaxed) }
            }

            var hasPassed: Bool { flag.isRaised.load(ordering: .relaxed) }

            func end() async { await task.value }
        }
    }
}
