import Giftbridge
import LibPQ
import Logging

extension DatabaseOptions {
    /// Opens a connection for a command, checks that the schema is this program's, and closes the connection at the end.
    ///
    /// - Parameter purpose: Shown as `application_name` behind `giftbridge`.
    func session<Value>(_ purpose: String, _ body: (Connection) async throws -> Value) async throws -> Value {
        let connection = try await Connection.open(
            try conninfo(), options: ConnectionOptions(applicationName: "giftbridge \(purpose)"),
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
