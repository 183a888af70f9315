import LibPQ

/// Which PostgreSQL cluster a database belongs to.
public enum Identity {
    /// Records that the database belongs to its current cluster.
    ///
    /// - Throws: `ServerError` 42501 if the role is not the schema's owner.
    package static func adopt(over connection: Connection) async throws {
        try await connection.query(SQL.Operator.adopt)
    }

    /// Whether the database was installed in another cluster, or under another database.
    package static func isClone(_ connection: Connection) async throws -> Bool {
        try await connection.query(SQL.Worker.identity).first?.bool("is_clone") ?? false
    }
}
