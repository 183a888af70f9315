import LibPQ

/// The state of the queue in the database, for monitors.
public struct QueueGauges: Sendable {
    /// By name.
    public let shops: [ShopGauges]
    /// Workers with a fresh heartbeat.
    public let livingWorkers: Int
    /// Workers that disappeared without a clean shutdown.
    public let deadWorkers: Int

    /// Reads it, in two statements.
    ///
    /// - Throws: The connection's errors.
    package static func read(_ connection: Connection) async throws -> QueueGauges {
        let shops = try await ShopGauges.read(connection)
        let workers = try await connection.query(SQL.Reading.livingWorkers).first
        return QueueGauges(
            shops: shops, livingWorkers: try workers?.int("living") ?? 0, deadWorkers: try workers?.int("dead") ?? 0)
    }
}
