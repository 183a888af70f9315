import LibPQ

/// What an operator can do to a shop, one SQL function each.
public enum ShopAction: Sendable {
    /// Stops sending its orders; requests in flight are still settled. Reason nil: none given.
    case pause(reason: String?)
    /// Ends its pause at once, whether an operator or a set-up fault caused it.
    case resume

    /// Performs the action.
    ///
    /// - Parameters:
    ///   - shop: The shop's name.
    ///   - connection: To a database whose schema was checked.
    /// - Throws: `ServerError` if there is no such shop.
    package func perform(on shop: String, over connection: Connection) async throws {
        switch self {
        case .pause(let reason): try await connection.query(SQL.Operator.pause, [.text(shop), .text(reason)])
        case .resume: try await connection.query(SQL.Operator.resume, [.text(shop)])
        }
    }
}
