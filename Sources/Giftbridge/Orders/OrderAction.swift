import LibPQ
import Logging

/// What an operator can do to an order; each is one SQL function.
public enum OrderAction: Sendable {
    /// A rejected or failed order becomes pending.
    case retry
    /// A pending order is withdrawn.
    case cancel
    /// An operator who has asked the vendor withdraws an order that is or was in doubt.
    case forceCancel(reason: String)
    /// An order in doubt is verified now, with the account that the workers use.
    case verify
    /// The vendor is asked which codes of an order in doubt exist.
    case lookUp
    /// The vendor says that an order in doubt was sold under this reference; codes nil: those that were sent.
    case resolveSold(reference: String, codes: [String]?)
    /// The vendor says that an order in doubt was not sold: it becomes pending.
    case resolveUnsold

    /// Performs the action on each order in a separate transaction, and stops at the first refusal.
    ///
    /// - Parameters:
    ///   - ids: `giftbridge.orders.id`.
    ///   - connection: To a database whose schema was checked.
    ///   - done: Called after each order.
    /// - Throws: `ServerError` with the reason if an order is in another state or does not exist; those before it are done.
    package func perform(on ids: [Int], over connection: Connection, done: (Int) -> Void) async throws {
        for id in ids {
            switch self {
            case .retry: try await connection.query(SQL.Operator.retry, [.int(id)])
            case .cancel: try await connection.query(SQL.Operator.cancel, [.int(id), .bool(false), .text(nil)])
            case .forceCancel(let reason):
                try await connection.query(SQL.Operator.cancel, [.int(id), .bool(true), .text(reason)])
            case .verify: try await connection.query(SQL.Operator.verify, [.int(id)])
            case .lookUp: try await connection.query(SQL.Operator.lookUp, [.int(id)])
            case .resolveSold(let reference, let codes):
                try await connection.query(
                    SQL.Operator.resolveSold, [.int(id), .text(reference), codes.map { .textArray($0) } ?? .null])
            case .resolveUnsold: try await connection.query(SQL.Operator.resolveUnsold, [.int(id)])
            }
            done(id)
        }
    }
}
