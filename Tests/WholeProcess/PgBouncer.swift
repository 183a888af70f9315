import Foundation
import LibPQ
import LocalPostgres
import Logging
import TestSupport

/// Debian's pgbouncer in transaction mode before a throwaway server.
struct PgBouncer {
    /// libpq's connection string through it.
    let conninfo: String

    /// `.ci/run` installs it.
    static let tool = Tool(
        "pgbouncer", package: "pgbouncer",
        paths: ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer"])

    /// Runs one while `body` runs. As root it runs as the server's user, which alone may enter the server's folder.
    static func run<Value>(before server: LocalPostgres, _ body: (PgBouncer) async throws -> Value) async throws
        -> Value
    {
        let path = try tool.required()
        let directory = URL(fileURLWithPath: "/tmp/giftbridge-pool-\(UInt32.random(in: 0...UInt32.max))")
        try FileManager.default.createDirectory(
            at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o777])
        defer { try? FileManager.default.removeItem(at: directory) }
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: directory.path)
        let settings = directory.appending(path: "pgbouncer.ini")
        try """
        [databases]
        postgres = \(server.conninfo())
        [pgbouncer]
        listen_addr =
        listen_port = 6432
        unix_socket_dir = \(directory.path)
        auth_type = any
        pool_mode = transaction
        """.write(to: settings, atomically: true, encoding: .utf8)

        let process = Process()
        let asUser = getuid() == 0 ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : []
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = asUser + [path, "-q", settings.path]
        (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        try process.run()
        // It inherits this thread's blocked signals: nothing else would end it.
        defer { kill(process.processIdentifier, SIGKILL) }
        let conninfo = "host=\(directory.path) port=6432 user=postgres dbname=postgres"
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            do {
                try await Connection.open(conninfo, logger: Logger(label: "test")).close()
                break
            } catch  where ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        return try await body(PgBouncer(conninfo: conninfo))
    }
}
