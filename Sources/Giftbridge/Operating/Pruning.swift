import LibPQ

/// Erases the personal data of finished orders.
public enum Pruning {
    /// Erases it of orders that were finished longer ago than this; references and codes stay.
    ///
    /// - Parameters:
    ///   - age: A day or more.
    ///   - connection: To a database whose schema is checked, as a role that may.
    /// - Returns: Of how many orders.
    /// - Throws: `ServerError` if the age is less than a day.
    public static func prune(olderThan age: Duration, over connection: Connection) async throws -> Int {
        try await connection.query(SQL.Operator.prune, [.interval(age)]).first?.int("erased") ?? 0
    }
}
