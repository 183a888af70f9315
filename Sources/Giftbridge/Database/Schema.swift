import LibPQ

/// The schema `giftbridge` of this binary: migrations (forward only), functions and views.
public enum Schema {
    /// Why a schema cannot be used, and how to fix it.
    public enum Mismatch: Error, Equatable, CustomStringConvertible {
        /// There is no schema `giftbridge`.
        case missing
        /// The database's schema is older than this binary's.
        case older(installed: Int)
        /// The database's schema is newer than this binary's.
        case newer(installed: Int)
        /// The connection's role may not even read the version.
        case forbidden

        /// Whether the database was migrated to a version that this binary does not know.
        var isNewer: Bool { if case .newer = self { true } else { false } }

        /// What is wrong and what to do.
        public var description: String {
            switch self {
            case .missing: "the database has no schema giftbridge: run `giftbridge migrate`"
            case .older(let installed):
                "the database's schema is version \(installed), but this giftbridge needs version \(Schema.version): run `giftbridge migrate`"
            case .newer(let installed):
                "the database's schema is version \(installed), newer than this giftbridge's \(Schema.version): "
                    + "install the giftbridge release for that version"
            case .forbidden:
                "the database role has no permissions in schema giftbridge: the schema's owner can run `giftbridge migrate "
                    + "--roles` and `GRANT giftbridge_worker TO` the role"
            }
        }
    }

    /// One migration, `sql/migrations/NNNN_name.sql`.
    public struct Migration: Sendable {
        /// The number at the front of the file's name, 1 or more.
        public let version: Int
        /// The file's name without number and ending.
        public let name: String
        let text: String
    }

    /// The migrations of this binary, in their order.
    public static let migrations: [Migration] = SQL.migrations.compactMap { file in
        let parts = file.name.split(separator: "_", maxSplits: 1)
        guard parts.count == 2, let version = Int(parts[0]) else { return nil }
        return Migration(version: version, name: String(parts[1]), text: file.text)
    }

    /// The version that this binary needs: its highest migration.
    public static var version: Int { migrations.last?.version ?? 0 }

    /// Checks that the database's schema is this binary's.
    ///
    /// - Throws: ``Mismatch``, or the connection's errors.
    package static func check(_ connection: Connection) async throws {
        let installed: Int?
        do {
            installed = try await installedVersion(connection)
        } catch let error as ServerError where error.sqlState == "42501" {
            throw Mismatch.forbidden
        }
        guard let installed else { throw Mismatch.missing }
        if installed < version { throw Mismatch.older(installed: installed) }
        if installed > version { throw Mismatch.newer(installed: installed) }
    }

    /// Installs or upgrades the schema in one transaction. A lock makes concurrent migrations wait for each other.
    ///
    /// - Parameters:
    ///   - connection: As the schema's owner, or a role that may create it.
    ///   - lockTimeout: Maximum wait for one lock, so that a waiting migration does not block other sessions.
    ///   - roles: Also creates the roles of `sql/roles.sql` and grants their permissions. Once that was done, every migration
    ///     repeats it, so that the roles have the permissions for a new version's functions.
    /// - Returns: The migrations that were applied. If there are none, only functions and views were installed again.
    /// - Throws: ``Mismatch/newer(installed:)``, `ServerError` (55P03: a lock was not granted in time; 42501: a permission is missing;
    ///   nothing was changed).
    package static func migrate(
        _ connection: Connection, lockTimeout: Duration = .seconds(10), roles: Bool = false
    ) async throws -> [Migration] {
        try await connection.transaction { transaction in
            // 0 would be no limit.
            let milliseconds = max(Int(lockTimeout / .milliseconds(1)), 1)
            _ = try await transaction.query(SQL.Schema.setLockTimeout, [.text("\(milliseconds)")])
            _ = try await transaction.query(SQL.Schema.migrateLock)
            for file in SQL.bootstrap { try await transaction.script(file.text) }
            let installed = try await transaction.query(SQL.Schema.schemaVersion).first?.int("version") ?? 0
            guard installed <= version else { throw Mismatch.newer(installed: installed) }

            let pending = migrations.filter { $0.version > installed }
            for migration in pending {
                try await transaction.script(migration.text)
                _ = try await transaction.query(
                    SQL.Schema.migrationDone, [.int(migration.version), .text(migration.name)])
            }
            _ = try await transaction.query(SQL.Schema.bodyChecksOff)
            for file in SQL.functions { try await transaction.script(file.text) }
            try await transaction.script(SQL.views)
            for file in SQL.access { try await transaction.script(file.text) }
            let hasRoles = try await transaction.query(SQL.Schema.hasRoles).first?.bool("installed") == true
            if roles || hasRoles { try await transaction.script(SQL.roles) }
            return pending
        }
    }

    /// The migrations that ``migrate(_:lockTimeout:)`` would apply. Changes nothing.
    ///
    /// - Throws: ``Mismatch/newer(installed:)``, or the connection's errors.
    package static func pending(_ connection: Connection) async throws -> [Migration] {
        let installed = try await installedVersion(connection) ?? 0
        guard installed <= version else { throw Mismatch.newer(installed: installed) }
        return migrations.filter { $0.version > installed }
    }

    /// The roles of `sql/roles.sql`: groups that logins are made members of.
    public static let roles = ["giftbridge_worker", "giftbridge_shop", "giftbridge_monitor"]

    /// Those of ``roles`` that the server does not have.
    package static func missingRoles(_ connection: Connection) async throws -> [String] {
        try await connection.query(SQL.Check.missingRoles, [.textArray(roles)]).map { try $0.text("name") }
    }

    /// The database's version; nil: there is no schema.
    private static func installedVersion(_ connection: Connection) async throws -> Int? {
        guard try await connection.query(SQL.Schema.hasSchema).first?.bool("installed") == true else { return nil }
        return try await connection.query(SQL.Schema.schemaVersion).first?.int("version")
    }
}
