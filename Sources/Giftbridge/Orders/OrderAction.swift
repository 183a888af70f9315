import LibPQ
import Logging

/// What a person can do to an order, one SQL function each.
public enum OrderAction: Sendable {
    /// A rejected or failed order becomes pending.
    case retry
    /// A pending order is withdrawn.
    case cancel

    /// Does it to each order, in a transaction of its own, and stops at the first that refuses.
    ///
    /// - Parameters:
    ///   - ids: `giftbridge.orders.id`.
    ///   - conninfo: The database.
    ///   - done: Called after each order.
    /// - Throws: `ServerError` with the reason if an order is in another state or does not exist; those before it are done.
    public func perform(on ids: [Int], conninfo: String, done: (Int) -> Void) async throws {
        let options = ConnectionOptions(applicationName: "giftbridge \(self)")
        let connection = try await Connection.open(conninfo, options: options, logger: Logger(label: "giftbridge"))
        do {
            try await Schema.check(connection)
            for id in ids {
                _ = try await connection.query(statement, [.int(id)])
                done(id)
            }
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
    }

    private var statement: String {
        switch self {
        case .retry: SQL.Call.retry
        case .cancel: SQL.Call.cancel
        }
    }
}
