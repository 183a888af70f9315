import LibPQ
import Testing

extension OneAtATime {
    @Suite(.timeLimit(.minutes(1)))
    struct OpeningTests {
        @Test func openConnectionTellsWhereItIs() async throws {
            let connection = try await openConnection(
                .init(applicationName: "some test", settings: ["work_mem": "5 MB"]))
            #expect(connection.serverVersion >= 130_000)
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

        @Test(arguments: ["a\r\nb", "tab\tand space", #"back\slash"#, "it's -c 'q' \"", "Grüße"])
        func settingWithAnyCharactersIsOneWord(_ name: String) async throws {
            let connection = try await openConnection(.init(applicationName: "x", settings: ["some.name": name]))
            let row = try #require(try await connection.query("SELECT current_setting('some.name')").first)
            #expect(try row.text(0) == name)
        }

        @Test func settingsWinOverRoleDatabaseAndConninfo() async throws {
            let admin = try await openConnection()
            for statement in [
                "DROP DATABASE IF EXISTS contrary", "DROP ROLE IF EXISTS contrary", "CREATE DATABASE contrary",
                "CREATE ROLE contrary LOGIN",
                "ALTER ROLE contrary SET default_transaction_isolation = 'serializable'",
                "ALTER ROLE contrary SET statement_timeout = '1ms'",
                "ALTER DATABASE contrary SET default_transaction_read_only = on",
                "ALTER ROLE contrary IN DATABASE contrary SET search_path = nowhere",
            ] { try await admin.script(statement) }
            let info = "host='\(admin.host)' port=\(admin.port) user=contrary dbname=contrary"
            let names = [
                "default_transaction_isolation", "statement_timeout", "default_transaction_read_only", "search_path",
                "lock_timeout", "work_mem",
            ]
            let show = "SELECT " + names.map { "current_setting('\($0)')" }.joined(separator: ", ")
            func values(_ settings: [String: String]) async throws -> [String?] {
                let connection = try await Connection.open(
                    "\(info) options='-c lock_timeout=5 -c work_mem=7MB -c statement_timeout=1h'",
                    options: .init(settings: settings), logger: testLogger)
                defer { Task { await connection.close() } }
                let row = try #require(try await connection.query(show).first)
                return try names.indices.map { try row.optionalText($0) }
            }
            #expect(try await values([:]) == ["serializable", "1h", "on", "nowhere", "5ms", "7MB"])
            let ours = [
                "default_transaction_isolation": "read committed", "statement_timeout": "25s",
                "default_transaction_read_only": "off", "search_path": "pg_catalog", "lock_timeout": "0",
            ]
            #expect(try await values(ours) == ["read committed", "25s", "off", "pg_catalog", "0", "7MB"])
        }

        /// PgBouncer takes no `options` unless it is told to ignore them, which would be as bad.
        @Test func settingsBehindAPoolerAreTheFirstStatement() async throws {
            let (packets, packet) = AsyncStream.makeStream(of: String.self)
            let server = try FakeServer { peer, number in
                packet.yield(String(decoding: peer.read(), as: UTF8.self))
                guard number > 0 else {
                    let refusal = "SFATAL\0VFATAL\0C08P01\0Munsupported startup parameter: options\0\0"
                    return peer.write(FakeServer.Peer.message("E", Array(refusal.utf8)))
                }
                peer.admit()
                packet.yield(String(decoding: peer.read(until: FakeServer.Peer.message("S", [])), as: UTF8.self))
                packet.finish()
                let answer = [("1", ""), ("2", ""), ("n", ""), ("C", "SELECT 1\0")] as [(Character, String)]
                peer.write(
                    answer.flatMap { FakeServer.Peer.message($0.0, Array($0.1.utf8)) } + FakeServer.Peer.ready)
                _ = peer.read(until: [0])
            }
            let connection = try await Connection.open(
                server.conninfo, options: .init(settings: ["work_mem": "5MB", "search_path": "pg_catalog"]),
                logger: testLogger)
            #expect(await connection.isOpen)
            await connection.close()
            let sent = await packets.reduce(into: []) { $0.append($1) }
            try #require(sent.count == 3)
            #expect(sent[0].contains("work_mem=5MB"))
            #expect(!sent[1].contains("work_mem"))
            #expect(sent[2].contains("pg_catalog.set_config($1, $2, false), pg_catalog.set_config($3, $4, false)"))
            #expect(sent[2].contains("search_path") && sent[2].contains("work_mem") && sent[2].contains("5MB"))
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
