import LibPQ
import Logging

/// The database may go away: the loop works while it is there, and waits for it otherwise.
extension Worker {
    /// Opens the connection of the loop, and checks that the schema is ours.
    ///
    /// Where it became newer while the worker ran, the results in the air are still written back (a migration leaves `settle`
    /// and `heartbeat` as they are called), and then the worker ends: whoever restarts it has the program that belongs to it.
    func connect() async throws {
        let connection = try await Connection.open(
            configuration.databaseURL, options: .giftbridge("worker"), logger: logger)
        do {
            do {
                try await Schema.check(connection)
            } catch let newer as Schema.Mismatch where newer.isNewer && status.state != .starting {
                outdated = Outdated(mismatch: newer)
                drain()
            }
            let queue = OrderQueue(connection: connection, worker: name)
            try await queue.heartbeat(status)
            self.queue = queue
        } catch {
            await connection.close()
            throw error
        }
    }

    /// Does something with the database if it is there; where it fails, the connection is given up and made anew later.
    ///
    /// - Returns: Nil if the database was not there.
    @discardableResult
    func withDatabase<Value: Sendable>(_ body: (OrderQueue) async throws -> Value) async -> Value? {
        pulse.beat()
        if queue == nil {
            guard reconnectAt <= .now else { return nil }
            do {
                try await connect()
                metrics.reconnected()
                logger.notice("The database is back.")
                claimAt = .now
            } catch {
                return await giveUp(error)
            }
        }
        guard let queue else { return nil }
        do {
            let value = try await body(queue)
            reconnect.succeeded()
            return value
        } catch {
            return await giveUp(error)
        }
    }

    private func giveUp<Value>(_ error: any Error) async -> Value? {
        await queue?.connection.close()
        queue = nil
        status.note(error: "\(error)")
        let delay = reconnect.delay()
        reconnectAt = .now + delay
        logger.warning("The database is away: trying again.", metadata: ["error": "\(error)", "in": "\(delay)"])
        return nil
    }
}
