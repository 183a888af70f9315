import LibPQ
import Logging

/// A connection that only looks, made when it is needed and anew when it was lost.
///
/// Its session is read-only and gives up what takes long, so that whoever looks never disturbs the selling.
public actor LookingConnection {
    private let conninfo: String
    private let logger: Logger
    private var connection: Connection?
    /// The longest that a statement may take; the server gives it up then.
    private static let statementTimeout: Duration = .seconds(3)

    /// Connects to nothing yet.
    public init(conninfo: String, logger: Logger) {
        self.conninfo = conninfo
        self.logger = logger
    }

    /// Lets `body` read. A connection that fails is closed, and the next call makes another.
    ///
    /// - Throws: What `body` throws, and the connection's errors.
    public func read<Value: Sendable>(_ body: @Sendable (Connection) async throws -> Value) async throws -> Value {
        let connection = try await current()
        do {
            return try await body(connection)
        } catch let error as ServerError where error.sqlStateClass != "57" || error.sqlState == "57014" {
            throw error  // The statement failed; the session is as it was.
        } catch {
            await connection.close()
            if self.connection === connection { self.connection = nil }
            throw error
        }
    }

    /// Closes the connection, if there is one.
    public func close() async {
        await connection?.close()
        connection = nil
    }

    private func current() async throws -> Connection {
        if let connection { return connection }
        let options = ConnectionOptions(
            connectTimeout: .seconds(3), commandTimeout: Self.statementTimeout * 2, applicationName: "giftbridge http",
            requiresPrimary: true)
        let opened = try await Connection.open(conninfo, options: options, logger: logger)
        do {
            let milliseconds = Int(Self.statementTimeout / .milliseconds(1))
            _ = try await opened.query(SQL.Call.lookOnly, [.text("\(milliseconds)")])
        } catch {
            await opened.close()
            throw error
        }
        connection = opened
        return opened
    }
}
