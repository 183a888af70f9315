import Foundation
import LibPQ
import LocalPostgres
import Logging

/// The throwaway PostgreSQL of the walks: the schema from `sql/` as it stands in the repository, without the product's Swift.
actor WalkServer {
    static let shared = WalkServer()
    private var server: Task<LocalPostgres, any Error>?
    private var templates: [String: Task<Void, any Error>] = [:]
    private var databases = 0

    /// A new database with the schema, and sessions in it as its owner.
    ///
    /// - Parameter mutant: A guard that is taken out of the functions; nil: the functions as they are.
    func database(mutant: Mutant? = nil) async throws -> WalkDatabase {
        let server = try await started()
        let template = mutant.map { "walk_\($0.name)" } ?? "walk_template"
        if templates[template] == nil {
            templates[template] = Task {
                try await Self.script("CREATE DATABASE \(template)", "postgres", server)
                try await Self.install(mutant, template, server)
            }
        }
        try await templates[template]?.value
        databases += 1
        let name = "walk_\(databases)"
        try await Self.script("CREATE DATABASE \(name) TEMPLATE \(template)", "postgres", server)
        return WalkDatabase(connection: try await Self.open(name, server), owner: try await Self.open(name, server))
    }

    private func started() async throws -> LocalPostgres {
        if let server { return try await server.value }
        let start = Task {
            try await withCheckedThrowingContinuation { (started: CheckedContinuation<LocalPostgres, any Error>) in
                Task {
                    do {
                        let memory = FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm" : "/tmp"
                        let settings = ["fsync=off", "synchronous_commit=off", "autovacuum=off", "jit=off"]
                        try await LocalPostgres.run(in: memory, settings: settings) {
                            started.resume(returning: $0)
                            // For as long as the tests run.
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

    private static func install(_ mutant: Mutant?, _ database: String, _ server: LocalPostgres) async throws {
        let connection = try await open(database, server)
        let mutant = mutant
        try await connection.transaction { transaction in
            try await transaction.script("SET LOCAL check_function_bodies = off; CREATE SCHEMA giftbridge")
            for path in ["bootstrap", "migrations", "functions"].flatMap({ SQLFiles.all(in: $0) }) + ["views.sql"] {
                var text = try SQLFiles.text(path)
                if let mutant, path == mutant.file { text = try mutant.applied(to: text) }
                try await transaction.script(text)
            }
            try await transaction.script(try SQLFiles.walk())
        }
        await connection.close()
    }

    private static func open(_ database: String, _ server: LocalPostgres) async throws -> Connection {
        try await Connection.open(server.conninfo(database: database), logger: Logger(label: "walk"))
    }

    private static func script(_ sql: String, _ database: String, _ server: LocalPostgres) async throws {
        let connection = try await open(database, server)
        try await connection.script(sql)
        await connection.close()
    }
}

/// A walk's database, which serves one walk after another.
struct WalkDatabase {
    /// Of shops, workers and operators, one at a time.
    let connection: Connection
    /// Of the session that holds a lock meanwhile.
    let owner: Connection
}

/// The repository's SQL.
enum SQLFiles {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "sql")

    /// The `.sql` files of a folder, by name.
    static func all(in folder: String) -> [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path)) ?? []
        return files.filter { $0.hasSuffix(".sql") }.sorted().map { "\(folder)/\($0)" }
    }

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// The functions with which a walk moves time, and sets the database back.
    static func walk() throws -> String {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        return try String(contentsOf: folder.appending(path: "walk.sql"), encoding: .utf8)
    }
}
