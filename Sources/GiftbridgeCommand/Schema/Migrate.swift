import ArgumentParser
import Giftbridge
import LibPQ
import Logging

/// `giftbridge migrate`: installs or upgrades the schema.
struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Install or upgrade the schema giftbridge; safe to repeat and to run twice at once.",
        discussion: "All changes happen in one transaction: if one fails, nothing is changed."
    )

    @OptionGroup var database: DatabaseOptions

    @Flag(
        help: """
            Also create the roles giftbridge_worker, giftbridge_shop and giftbridge_monitor (groups without a login) and grant \
            their permissions. From then on, every migrate keeps the permissions up to date.
            """)
    var roles = false

    @Flag(help: "Show what would be done, and change nothing.")
    var dryRun = false

    @Option(help: "Maximum wait for one lock, in seconds, so that a waiting migration does not block other sessions.")
    var lockTimeout = 10

    func validate() throws {
        guard (1...3600).contains(lockTimeout) else {
            throw ValidationError("--lock-timeout must be 1 to 3600 seconds")
        }
    }

    /// A migration may wait for `--lock-timeout` and then rewrite a large table.
    static let connectionOptions = ConnectionOptions.patient("migrate")

    func run() async throws {
        let connection = try await Connection.open(
            try database.conninfo(), options: Self.connectionOptions,
            logger: Logger(label: "migrate"))
        do {
            let missingRoles = roles ? try await Schema.missingRoles(connection) : []
            let migrations =
                dryRun
                ? try await Schema.pending(connection)
                : try await Schema.migrate(connection, lockTimeout: .seconds(lockTimeout), roles: roles)
            for migration in migrations {
                print("\(dryRun ? "would apply" : "applied") migration \(migration.version): \(migration.name)")
            }
            print("schema giftbridge \(dryRun && !migrations.isEmpty ? "would be" : "is") at version \(Schema.version)")
            for role in missingRoles { print("\(dryRun ? "would create" : "created") role \(role)") }
            if roles {
                print("the roles' permissions \(dryRun ? "would be" : "are") those of version \(Schema.version)")
            }
        } catch let error as ServerError where error.sqlState == "55P03" {
            await connection.close()
            throw LockNotHad(seconds: lockTimeout)
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
    }

    struct LockNotHad: Error, CustomStringConvertible {
        let seconds: Int
        var description: String {
            "could not get a lock within \(seconds) s because another session uses the tables; nothing was changed. Try again, or raise --lock-timeout"
        }
    }
}
