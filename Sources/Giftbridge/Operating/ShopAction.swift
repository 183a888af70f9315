import LibPQ

/// What an operator can do to a shop, one SQL function each.
public enum ShopAction: Sendable {
    /// Nothing more is sent for it; what is in the air is still settled. Reason nil: none given.
    case pause(reason: String?)
    /// Ends its pause, a person's or a set-up fault's, at once.
    case resume

    /// Does it.
    ///
    /// - Parameters:
    ///   - shop: The shop's name.
    ///   - connection: To a database whose schema is checked.
    /// - Throws: `ServerError` if there is no such shop.
    public func perform(on shop: String, over connection: Connection) async throws {
        switch self {
        case .pause(let reason): try await connection.query(SQL.Operator.pause, [.text(shop), .text(reason)])
        case .resume: try await connection.query(SQL.Operator.resume, [.text(shop)])
        }
    }
}
