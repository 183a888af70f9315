import LibPQ
import Synchronization
import Testing

extension OneAtATime {
    @Suite(.timeLimit(.minutes(1)))
    struct PipelineTests {
        @Test(arguments: [false, true])
        func resultsComeInOrder(_ prepared: Bool) async throws {
            let connection = try await openConnection()
            for sync in [PipelineSync.each, .once, .each] {
                let statements = (0..<300).map { Statement("SELECT $1", [.int($0)], prepared: prepared) }
                let results = try await connection.pipeline(statements, sync: sync)
                #expect(try results.map { try $0.get().first?.int(0) } == (0..<300).map { $0 })
            }
            let kept = try await connection.query("SELECT count(*) FROM pg_prepared_statements").first?.int(0)
            #expect(kept == (prepared ? 1 : 0))
            #expect(try await connection.pipeline([]).isEmpty)
        }

        @Test(arguments: [false, true])
        func errorLeavesTheOthersAloneWithASyncEach(_ prepared: Bool) async throws {
            let connection = try await openConnection()
            try await connection.script("CREATE TEMPORARY TABLE t (a int CHECK (a <> 3))")
            let statements = (1...5).map { Statement("INSERT INTO t VALUES ($1)", [.int($0)], prepared: prepared) }
            let results = try await connection.pipeline(statements, sync: .each)
            #expect(results.map(\.sqlState) == [nil, nil, "23514", nil, nil])
            #expect(try await connection.query("SELECT a FROM t ORDER BY a").map { try $0.int(0) } == [1, 2, 4, 5])
        }

        @Test(arguments: [false, true])
        func errorUndoesAllWithOneSync(_ prepared: Bool) async throws {
            let connection = try await openConnection()
            try await connection.script("CREATE TEMPORARY TABLE t (a int CHECK (a <> 3))")
            let statements = (1...5).map { Statement("INSERT INTO t VALUES ($1)", [.int($0)], prepared: prepared) }
            let results = try await connection.pipeline(statements, sync: .once)
            #expect(results.map(\.sqlState) == [nil, nil, "23514", "25P02", "25P02"])
            guard case .failure(.skipped) = results[3] else {
                Issue.record("not skipped")
                return
            }
            #expect(try await connection.query("SELECT a FROM t").isEmpty)
            #expect(try await connection.pipeline([Statement("SELECT 1", prepared: true)]).map(\.sqlState) == [nil])
        }

        @Test func statementThatCannotBePreparedFailsEveryTimeWithItsReason() async throws {
            let connection = try await openConnection()
            let statement = Statement("SELECT * FROM no_such_table WHERE a = $1", [1], prepared: true)
            let fine = Statement("SELECT 1", prepared: true)
            let each = try await connection.pipeline([statement, fine, statement], sync: .each)
            #expect(each.map(\.sqlState) == ["42P01", nil, "42P01"])
            let once = try await connection.pipeline([fine, statement, fine, statement], sync: .once)
            #expect(once.map(\.sqlState) == [nil, "42P01", "25P02", "42P01"])
            #expect(try await connection.prepared("SELECT 1").count == 1)
        }

        @Test func largePipelineDoesNotDeadlock() async throws {
            // Both sides' socket buffers are full at times: the server is read from while it is being written to.
            let connection = try await openConnection()
            let text = String(repeating: "x", count: 100_000)
            let results = try await connection.pipeline((0..<200).map { _ in Statement("SELECT $1", [.text(text)]) })
            #expect(results.count == 200)
            #expect(try results.allSatisfy { try $0.get().first?.text(0) == text })
        }

        /// The statement waits for a lock that is given up by what is done meanwhile: after the answer would be too late.
        @Test func workIsDoneWhileTheServerDoesItsOwn() async throws {
            let connection = try await openConnection()
            let holder = try await openConnection()
            _ = try await holder.query("SELECT pg_advisory_lock(20261123)")
            let calls = Atomic(0)
            let results = try await connection.pipeline([Statement("SELECT pg_advisory_xact_lock(20261123)")]) {
                calls.add(1, ordering: .relaxed)
                Task { try await holder.query("SELECT pg_advisory_unlock(20261123)") }
            }
            #expect(results.map(\.sqlState) == [nil])
            #expect(calls.load(ordering: .relaxed) == 1)
        }

        @Test func nothingIsDoneMeanwhileWhereNothingIsSent() async throws {
            let connection = try await openConnection()
            let calls = Atomic(0)
            let count = { @Sendable in _ = calls.add(1, ordering: .relaxed) }
            await #expect(throws: StatementError.self) {
                try await connection.pipeline([Statement("SELECT $1", [.text("\0")])], meanwhile: count)
            }
            await connection.close()
            await #expect(throws: ConnectionError.self) {
                try await connection.pipeline([Statement("SELECT 1")], meanwhile: count)
            }
            #expect(calls.load(ordering: .relaxed) == 0)
        }

        @Test func cancelledPipelineLeavesTheConnectionUsable() async throws {
            let connection = try await openConnection()
            let observer = try await openConnection()
            let statements = [Statement("SELECT 1"), Statement("SELECT pg_sleep(60)"), Statement("SELECT 3")]
            for sync in [PipelineSync.each, .once] {
                let task = Task { try await connection.pipeline(statements, sync: sync) }
                try await observer.waitUntilSleeping(connection)
                task.cancel()
                if sync == .each {
                    #expect(try await task.value.map(\.sqlState) == [nil, "57014", nil])
                } else {
                    await #expect(throws: CancellationError.self) { try await task.value }
                }
                #expect(try await connection.query("SELECT 1").count == 1)
            }
        }
    }
}

extension Result<QueryResult, ServerError> {
    var sqlState: String? {
        if case .failure(let error) = self { error.sqlState } else { nil }
    }
}
