import Foundation
import Giftbridge
import LibPQ
import LocalPostgres
import Logging

/// The one throwaway PostgreSQL that all tests of a run share; each test has a database of its own.
package actor TestServer {
    package static let shared = TestServer()
    private var server: Task<LocalPostgres, any Error>?
    private var template: Task<Void, any Error>?
    private var databases = 0

    /// The server, started at the first call; it ends with this process.
    package func postgres() async throws -> LocalPostgres {
        if let server { return try await server.value }
        let start = Task {
            try await withCheckedThrowingContinuation { (started: CheckedContinuation<LocalPostgres, any Error>) in
                Task {
                    do {
                        try await LocalPostgres.run(in: Self.directory, settings: ["fsync=off", "max_connections=300"])
                        {
                            started.resume(returning: $0)
                            try await Task.sleep(for: .seconds(24 * 3600))
                        }
                    } catch {
                        started.resume(throwing: error)
                    }
                }
            }
        }
        server = start
        return try await start.value
    }

    /// In memory where there is a place for it.
    package static var directory: String {
        FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm" : "/tmp"
    }

    /// libpq's connection string of the server's own database.
    package func conninfo() async throws -> String {
        try await postgres().conninfo()
    }

    /// A new database with schema giftbridge installed.
    package func database() async throws -> TestDatabase {
        let postgres = try await postgres()
        if template == nil {
            template = Task {
                try await Self.create("giftbridge_template", in: postgres, from: "template0")
                let connection = try await TestDatabase(server: postgres, name: "giftbridge_template").connect()
                _ = try await Schema.migrate(connection, roles: true)
                try await connection.script("CREATE ROLE \(Self.worker) LOGIN IN ROLE giftbridge_worker")
                await connection.close()
            }
        }
        try await template?.value
        let database = try await database(from: "giftbridge_template", worker: Self.worker)
        // A copy of a database does not sell before this.
        try await database.run("SELECT giftbridge.adopt(); TRUNCATE giftbridge.actions")
        return database
    }

    /// A copy of a database without connections, as a restore elsewhere would make it.
    package func copy(of name: String) async throws -> TestDatabase {
        try await database(from: name)
    }

    /// The login of every test's worker: a member of giftbridge_worker, and nothing more.
    private static let worker = "test_worker"

    /// A new database without the schema.
    package func emptyDatabase() async throws -> TestDatabase {
        try await database(from: "template0")
    }

    private func database(from template: String, worker: String? = nil) async throws -> TestDatabase {
        let postgres = try await postgres()
        databases += 1
        let name = "test_\(databases)"
        try await Self.create(name, in: postgres, from: template)
        return TestDatabase(server: postgres, name: name, worker: worker)
    }

    private static func create(_ name: String, in postgres: LocalPostgres, from template: String) async throws {
        let connection = try await TestDatabase(server: postgres, name: "postgres").connect()
        try await connection.script("CREATE DATABASE \(name) TEMPLATE \(template)")
        await connection.close()
    }
}

/// A database of a throwaway server.
package struct TestDatabase: Sendable {
    package let server: LocalPostgres
    package let name: String
    private let worker: String?

    /// - Parameter worker: The login of its workers; nil: the tests' own.
    package init(server: LocalPostgres, name: String, worker: String? = nil) {
        self.server = server
        self.name = name
        self.worker = worker
    }

    package var conninfo: String { server.conninfo(database: name) }

    /// For a worker, which has no more rights than it needs.
    package var workerConninfo: String { worker.map { "\(conninfo) user=\($0)" } ?? conninfo }

    /// - Parameter parameters: More of the conninfo, for instance `user=somebody`.
    package func connect(_ parameters: String = "", options: ConnectionOptions = .init()) async throws -> Connection {
        try await Connection.open("\(conninfo) \(parameters)", options: options, logger: Logger(label: "test"))
    }

    /// A connection, and what it is notified of until it ends.
    package func listener() async throws -> (Connection, AsyncStream<LibPQ.Notification>) {
        let (notifications, notification) = AsyncStream.makeStream(of: LibPQ.Notification.self)
        let connection = try await Connection.open(
            conninfo, logger: Logger(label: "test"), onNotify: { notification.yield($0) },
            onEnd: { notification.finish() })
        return (connection, notifications)
    }

    /// Runs statements on a connection of its own.
    package func run(_ sql: String) async throws {
        let connection = try await connect()
        try await connection.script(sql)
        await connection.close()
    }

    /// The first column of the first row, on a connection of its own; nil: NULL, or no row.
    package func value(_ sql: String, _ parameters: [Parameter] = []) async throws -> String? {
        let connection = try await connect()
        let result = try await connection.query(sql, parameters)
        await connection.close()
        return try result.first?.optionalText(0)
    }

    /// Waits until a query's first value is `expected`: a condition with a bound, looked at every 20 ms.
    ///
    /// - Throws: ``TimedOut`` with the last value.
    package func wait(
        for expected: String?, from sql: String, within bound: Duration = .seconds(20)
    ) async throws {
        let connection = try await connect()
        let deadline = ContinuousClock.now + bound
        var last: String?
        while ContinuousClock.now < deadline {
            last = try await connection.query(sql).first?.optionalText(0)
            if last == expected {
                await connection.close()
                return
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        await connection.close()
        throw TimedOut(what: "\(sql): expected \(expected ?? "NULL"), last \(last ?? "NULL")")
    }
}

/// A bounded wait that was not rewarded.
package struct TimedOut: Error, CustomStringConvertible {
    package let what: String

    package init(what: String) {
        self.what = what
    }

    package var description: String { "timed out: \(what)" }
}
