import ArgumentParser
import FoundationEssentials
import Giftbridge
import LibPQ
import Logging

/// Where the database is; for every command that needs one.
struct DatabaseOptions: ParsableArguments {
    @Option(
        help: "The database: any libpq URI or conninfo. [GIFTBRIDGE_DATABASE_URL; default: libpq's own PG* variables]")
    var databaseUrl: String?

    @Option(
        help: ArgumentHelp(
            "A file with settings, YAML or JSON. deploy/giftbridge.yaml lists all settings. [GIFTBRIDGE_CONFIG]",
            valueName: "file"),
        completion: .file(extensions: ["yaml", "yml", "json"]))
    var config: String?

    /// The configuration file, if there is one.
    func file() throws -> ConfigurationFile? {
        try ConfigurationFile.read(flag: config, environment: ProcessInfo.processInfo.environment)
    }

    /// The connection string, checked.
    func conninfo() throws -> String {
        try BridgeConfiguration.databaseURL(
            flags: databaseUrl.map { ["GIFTBRIDGE_DATABASE_URL": $0] } ?? [:],
            environment: ProcessInfo.processInfo.environment, file: file())
    }
}

extension DatabaseOptions {
    /// Opens a connection for a command, checks that the schema is this program's, and closes the connection at the end.
    ///
    /// - Parameters:
    ///   - purpose: Shown as `application_name` behind `giftbridge`.
    ///   - options: Nil: those of a command that is soon done.
    func session<Value>(
        _ purpose: String, options: ConnectionOptions? = nil,
        _ body: (Connection) async throws -> Value
    ) async throws -> Value {
        let connection = try await Connection.open(
            try conninfo(), options: options ?? .brief(purpose),
            logger: Logger(label: purpose) { _ in SwiftLogNoOpLogHandler() })
        do {
            try await Schema.check(connection)
            let value = try await body(connection)
            await connection.close()
            return value
        } catch {
            await connection.close()
            throw error
        }
    }
}

extension ConnectionOptions {
    /// Of a command whose statements are soon done: a server that says nothing for a minute is gone.
    ///
    /// - Parameter purpose: Shown as `application_name` behind `giftbridge`.
    static func brief(_ purpose: String) -> ConnectionOptions {
        ConnectionOptions(applicationName: "giftbridge \(purpose)")
    }

    /// Of a command whose statements may work or wait for hours in silence. A server that is gone is found by TCP's keepalives
    /// and `tcp_user_timeout`, which libpq is given for every connection.
    ///
    /// - Parameter purpose: Shown as `application_name` behind `giftbridge`.
    static func patient(_ purpose: String) -> ConnectionOptions {
        ConnectionOptions(commandTimeout: nil, applicationName: "giftbridge \(purpose)")
    }
}
