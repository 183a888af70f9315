import Glibc
import LibPQ
import Logging
import TestSupport
import Testing

/// The conninfo of a real PostgreSQL that tests may use as they like: the one in `GIFTBRIDGE_TEST_CONNINFO` (to try TLS,
/// or another version), or else a throwaway one.
func testConninfo() async throws -> String {
    if let given = getenv("GIFTBRIDGE_TEST_CONNINFO") { return String(cString: given) }
    return try await TestServer.shared.conninfo()
}

/// The test server's database with another place to find it at.
func testConninfo(hosts: String, ports: String, more: String = "") async throws -> String {
    let target = try await ConnectionTarget(conninfo: testConninfo())
    let user = target.user.map { "user='\($0)'" } ?? ""
    let database = target.database.map { "dbname='\($0)'" } ?? ""
    return "host='\(hosts)' port='\(ports)' \(user) \(database) \(more)"
}

let testLogger = Logger(label: "LibPQTests") { _ in SwiftLogNoOpLogHandler() }

func openConnection(_ options: ConnectionOptions = .init()) async throws -> Connection {
    try await Connection.open(testConninfo(), options: options, logger: testLogger)
}

/// A connection, and what it is notified of until it ends.
func openListener(_ channel: String) async throws -> (Connection, AsyncStream<LibPQ.Notification>) {
    let (notifications, notification) = AsyncStream.makeStream(of: LibPQ.Notification.self)
    let connection = try await Connection.open(
        testConninfo(), logger: testLogger, onNotify: { notification.yield($0) }, onEnd: { notification.finish() })
    try await connection.script("LISTEN \(channel)")
    return (connection, notifications)
}

extension Connection {
    /// Waits, with a bound, until the condition holds. `self` must not be the connection that is looked at.
    func wait(until condition: String, _ parameters: [Parameter] = []) async throws {
        for _ in 0..<1000 {
            if try await query("SELECT \(condition)", parameters).first?.bool(0) == true { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        Issue.record("never came true: \(condition)")
    }

    /// Waits until that connection's server process is gone.
    func waitUntilGone(_ backendPID: Int32) async throws {
        try await wait(
            until: "NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1)", [.int(Int(backendPID))])
    }

    /// Waits until that connection's server process sleeps in `pg_sleep`.
    func waitUntilSleeping(_ other: Connection) async throws {
        try await wait(
            until: "EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep')",
            [.int(Int(other.backendPID))]
        )
    }
}

/// Runs `body`, which must throw a `Failure`.
func error<Failure: Error>(
    _ type: Failure.Type,
    _ sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Void
) async throws -> Failure {
    do {
        try await body()
    } catch let error as Failure {
        return error
    }
    Issue.record("did not throw", sourceLocation: sourceLocation)
    throw NotThrown()
}

struct NotThrown: Error {}

/// The tests with a server, one after the other: some count what the whole process holds, some measure time, and all
/// together would take more sessions than a server has.
@Suite(.serialized)
enum OneAtATime {}
