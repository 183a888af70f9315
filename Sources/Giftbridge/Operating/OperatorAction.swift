import LibPQ
import Logging

/// Something that a person does to an order or a shop, one SQL function each.
public enum OperatorAction: Sendable {
    /// A rejected or failed order becomes pending.
    case retry(order: Int)
    /// A pending order is withdrawn.
    case cancel(order: Int)
    /// An order in doubt was sold; codes nil: those that were sent.
    case resolveSold(order: Int, reference: String?, codes: [String]?)
    /// An order in doubt was not sold: it is sent again, with the same codes.
    case resolveUnsold(order: Int)
    /// Nothing more is sent for a shop; reason nil: a person's.
    case pause(shop: String, reason: String?)
    /// A shop's pause ends.
    case resume(shop: String)

    /// Does it, over a connection of its own.
    ///
    /// - Throws: `ServerError` with the reason if the order or shop is in another state or does not exist; the connection's errors.
    public func perform(conninfo: String, logger: Logger) async throws {
        let options = ConnectionOptions(
            connectTimeout: .seconds(5), commandTimeout: .seconds(10), applicationName: "giftbridge operator",
            requiresPrimary: true)
        let connection = try await Connection.open(conninfo, options: options, logger: logger)
        let result: Result<QueryResult, any Error>
        do {
            result = .success(try await connection.query(call.statement, call.parameters))
        } catch {
            result = .failure(error)
        }
        await connection.close()
        _ = try result.get()
    }

    /// The function's name.
    public var name: String {
        switch self {
        case .retry: "retry"
        case .cancel: "cancel"
        case .resolveSold: "resolve_sold"
        case .resolveUnsold: "resolve_unsold"
        case .pause: "pause"
        case .resume: "resume"
        }
    }

    private var call: (statement: String, parameters: [Parameter]) {
        switch self {
        case .retry(let order): (SQL.Call.retry, [.int(order)])
        case .cancel(let order): (SQL.Call.cancel, [.int(order)])
        case .resolveSold(let order, let reference, let codes):
            (SQL.Call.resolveSold, [.int(order), .text(reference), codes.map { .textArray($0) } ?? .null])
        case .resolveUnsold(let order): (SQL.Call.resolveUnsold, [.int(order)])
        case .pause(let shop, let reason): (SQL.Call.pause, [.text(shop), .text(reason)])
        case .resume(let shop): (SQL.Call.resume, [.text(shop)])
        }
    }
}
