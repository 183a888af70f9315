import LibPQ
import Testing

extension OneAtATime {
    @Suite(.timeLimit(.minutes(1)))
    struct OpeningTests {
        @Test func openConnectionTellsWhereItIs() async throws {
            let connection = try await openConnection(
                .init(applicationName: "some test", settings: ["work_mem": "5 MB"]))
            #expect(connection.serverVersion >= 150_000)
            #expect(connection.port > 0)
            #expect(!connection.host.isEmpty)
            let row = try #require(
                try await connection.query(
                    """
                    SELECT pg_backend_pid(), current_setting('application_name') AS name,
                           current_setting('work_mem') AS memory, current_setting('client_encoding') AS encoding
                    """
                ).first
            )
            #expect(try row.int(0) == Int(connection.backendPID))
            #expect(try row.text("name") == "some test")
            #expect(try row.text("memory") == "5MB")
            #expect(try row.text("encoding") == "UTF8")
            #expect(await connection.isOpen)
            await connection.close()
            await connection.close()
            #expect(await connection.isOpen == false)
            await #expect(throws: ConnectionError.closed) { try await connection.query("SELECT 1") }
        }

        @Test func settingsReachTheServerExactly() async throws {
            let path = #""a b", "c\ d", pg_temp"#
            let connection = try await openConnection(.init(settings: ["search_path": path, "lock_timeout": "77ms"]))
            let row = try #require(
                try await connection.query("SELECT current_setting('search_path'), current_setting('lock_timeout')")
                    .first
            )
            #expect(try row.text(0) == path)
            #expect(try row.text(1) == "77ms")
        }

        @Test func refusedConnectionIsAnErrorAtOnce() async throws {
            let info = try await testConninfo(hosts: "127.0.0.1", ports: "1")
            let reason = try await error(ConnectionError.self) {
                _ = try await Connection.open(info, logger: testLogger)
            }
            guard case .cannotConnect(let text) = reason else { throw reason }
            #expect(text.contains("refused"))
            #expect(!text.contains("\n"))
        }

        @Test func unknownHostIsAnError() async throws {
            let info = try await testConninfo(hosts: "nothing.invalid", ports: "5432")
            let reason = try await error(ConnectionError.self) {
                _ = try await Connection.open(info, logger: testLogger)
            }
            guard case .cannotConnect(let text) = reason else { throw reason }
            #expect(text.contains("nothing.invalid"))
        }

        @Test func wrongDatabaseIsAnError() async throws {
            let target = try await openConnection()
            let info = "host='\(target.host)' port=\(target.port) user=postgres dbname=no_such_database"
            let reason = try await error(ConnectionError.self) {
                _ = try await Connection.open(info, logger: testLogger)
            }
            guard case .cannotConnect = reason else { throw reason }
        }

        @Test func secondHostIsTriedWhenTheFirstIsDead() async throws {
            let first = try await openConnection()
            let info = try await testConninfo(hosts: "/nonexistent,\(first.host)", ports: "1,\(first.port)")
            let connection = try await Connection.open(info, logger: testLogger)
            #expect(connection.host == first.host)
            #expect(connection.port == first.port)
        }

        @Test func silentServerIsGivenUpWithinTheTimeout() async throws {
            let listener = try SilentListener()
            let info = "host=127.0.0.1 port=\(listener.port) user=someone dbname=some"
            let start = ContinuousClock.now
            let reason = try await error(ConnectionError.self) {
                _ = try await Connection.open(
                    info, options: .init(connectTimeout: .milliseconds(300)), logger: testLogger)
            }
            #expect(ContinuousClock.now - start < .seconds(10))
            guard case .cannotConnect = reason else { throw reason }
        }

        @Test func silentFirstHostLeavesTimeForTheSecond() async throws {
            let listener = try SilentListener()
            let first = try await openConnection()
            let info = try await testConninfo(hosts: "127.0.0.1,\(first.host)", ports: "\(listener.port),\(first.port)")
            let connection = try await Connection.open(
                info, options: .init(connectTimeout: .seconds(5)), logger: testLogger)
            #expect(connection.host == first.host)
        }

        @Test func openingCanBeCancelled() async throws {
            let listener = try SilentListener()
            let info = "host=127.0.0.1 port=\(listener.port) user=someone dbname=some"
            let opening = Task { try await Connection.open(info, logger: testLogger) }
            try await listener.waitForConnection()
            let start = ContinuousClock.now
            opening.cancel()
            await #expect(throws: CancellationError.self) { try await opening.value }
            #expect(ContinuousClock.now - start < .seconds(10))
        }
    }
}
