import LibPQ

/// Erases the personal data of finished orders.
public enum Pruning {
    /// Erases the personal data of orders that were finished longer ago than `age`; references and codes are kept.
    ///
    /// - Parameters:
    ///   - age: A day or more.
    ///   - connection: To a database whose schema was checked, as a role with the permission.
    /// - Returns: The number of orders.
    /// - Throws: `ServerError` if the age is less than a day.
    package static func prune(olderThan age: Duration, over connection: Connection) async throws -> Int {
        try await connection.query(SQL.Operator.prune, [.interval(age)]).first?.int("erased") ?? 0
    }
}
