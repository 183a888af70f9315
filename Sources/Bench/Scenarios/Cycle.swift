import Giftbridge
import LibPQ

/// Claim and settle without a worker: what the queue costs PostgreSQL.
enum Cycle {
    /// Claims orders and settles them as sold, in one statement.
    ///
    /// - Throws: ``BenchError`` if it were not `count` orders.
    static func run(_ count: Int, on connection: Connection) async throws {
        let orders = try await connection.prepared(SQL.Bench.cycle, [.int(count)]).first?.int("orders") ?? 0
        guard orders == count else { throw BenchError("\(orders) orders were claimed and settled instead of \(count)") }
    }

    /// - Returns: How long each of so many cycles took, in milliseconds.
    static func times(_ cycles: Int, of count: Int, on connection: Connection) async throws -> [Double] {
        var times: [Double] = []
        for _ in 0..<cycles {
            let start = monotonicNow()
            try await run(count, on: connection)
            times.append(Double(monotonicNow() - start) / 1e6)
        }
        return times
    }
}
