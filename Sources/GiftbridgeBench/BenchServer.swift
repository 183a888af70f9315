import Giftbridge
import LibPQ
import LocalPostgres
import Logging

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The server that is measured: a throwaway one, or a database of its own on the server of `--database-url`.
struct BenchServer: Sendable {
    /// Of the benchmark's database.
    let conninfo: String
    /// For the peer's ledger and the worker's log.
    let directory: String
    /// The server's log; nil: not ours to read.
    let log: String?

    /// Runs a server for as long as `body` runs.
    static func run<Value: Sendable>(
        _ plan: BenchPlan, _ body: @Sendable @escaping (BenchServer) async throws -> Value
    ) async throws -> Value {
        guard let url = plan.databaseURL else { return try await runThrowaway(plan, body) }
        let directory = "\(plan.directory)/giftbridge-bench-\(UInt32.random(in: 0...UInt32.max))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        let admin = try await Connection.open(url, logger: Logger(label: "bench"))
        let result: Result<Value, any Error>
        do {
            let value = try await withDatabase(
                on: admin, create: SQL.Bench.createDatabase, drop: SQL.Bench.dropDatabase
            ) {
                let conninfo = conninfo(url, database: "giftbridge_bench")
                return try await body(BenchServer(conninfo: conninfo, directory: directory, log: nil))
            }
            result = .success(value)
        } catch {
            result = .failure(error)
        }
        await admin.close()
        try FileManager.default.removeItem(atPath: directory)
        return try result.get()
    }

    /// With the settings that durability asks for.
    private static func runThrowaway<Value: Sendable>(
        _ plan: BenchPlan, _ body: @Sendable @escaping (BenchServer) async throws -> Value
    ) async throws -> Value {
        let settings = [
            "fsync=on", "synchronous_commit=on", "full_page_writes=on", "shared_buffers=512MB", "max_wal_size=4GB",
            "max_connections=200",
        ]
        return try await LocalPostgres.run(in: plan.directory, settings: settings + plan.serverSettings) { server in
            try await body(
                BenchServer(
                    conninfo: server.conninfo(), directory: server.directory, log: "\(server.directory)/log"))
        }
    }

    /// Makes a database, and drops it when `body` has ended.
    static func withDatabase<Value: Sendable>(
        on admin: Connection, create: String, drop: String, _ body: () async throws -> Value
    ) async throws -> Value {
        try await admin.script(create)
        let result: Result<Value, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        // A task of its own: it has to be done after a cancellation too.
        try await Task { try await admin.script(drop) }.value
        return try result.get()
    }

    /// Another database of the same server: of a name that stands twice libpq takes the last.
    static func conninfo(_ url: String, database: String) -> String {
        guard url.hasPrefix("postgresql://") || url.hasPrefix("postgres://") else { return "\(url) dbname=\(database)" }
        return url + (url.contains("?") ? "&" : "?") + "dbname=\(database)"
    }
}
