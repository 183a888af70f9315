import FoundationEssentials
import LibPQ

/// Whether a database is where it was installed: in the same PostgreSQL cluster, on the same server.
package struct Installation: Sendable, Equatable, Codable {
    /// The database was installed in another cluster, or under another database. It must not sell before it is adopted.
    package let isClone: Bool
    /// Since when a standby is known to have been promoted; nil: never, or adopted since. Commits shortly before may be lost.
    package let promotedAt: Date?

    /// The names in JSON.
    enum CodingKeys: String, CodingKey {
        case isClone = "is_clone"
        case promotedAt = "promoted_at"
    }

    /// Memberwise.
    package init(isClone: Bool = false, promotedAt: Date? = nil) {
        self.isClone = isClone
        self.promotedAt = promotedAt
    }

    /// Reads it.
    ///
    /// - Throws: The connection's errors.
    package init(_ connection: Connection) async throws {
        let row = try await connection.query(SQL.Reading.installation).first
        self.init(isClone: try row?.bool("is_clone") ?? false, promotedAt: try row?.optionalDate("promoted_at"))
    }

    /// Records that the database belongs to its current cluster.
    ///
    /// - Throws: `ServerError` 42501 if the role is not the schema's owner.
    package static func adopt(over connection: Connection) async throws {
        try await connection.query(SQL.Operator.adopt)
    }

    /// What an operator has to know; empty if all is as it was.
    package var findings: [Finding] {
        var findings: [Finding] = []
        if isClone {
            findings.append(
                .fault(
                    .database,
                    "This database is a copy: it was installed in another PostgreSQL cluster or as another database. Workers do not sell from it.",
                    "If it replaces the original, and all workers of the original are stopped, run: giftbridge adopt"))
        }
        if let promotedAt {
            findings.append(
                .warning(
                    .database,
                    "A standby of the database was promoted (seen \(promotedAt.formatted(.iso8601))). Orders and results that were committed shortly before may be missing.",
                    "Compare the vendor's sales of that time with yours, then run: giftbridge adopt"))
        }
        return findings
    }
}
