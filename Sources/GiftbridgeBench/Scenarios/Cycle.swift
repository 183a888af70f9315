import Giftbridge
import LibPQ

/// Claim and settle without a worker: what the queue costs PostgreSQL.
enum Cycle {
    /// Claims orders and settles them as sold, each in a transaction of its own.
    ///
    /// - Throws: ``BenchError`` if it were not `count` orders.
    static func run(_ count: Int, on connection: Connection) async throws {
        var claimed = try await connection.prepared(SQL.Bench.cycleClaim, [.int(count)]).first
        if try claimed?.int("n") == 0 {
            // The first time: a claim is for a worker that has said who it is.
            try await connection.prepared(SQL.Bench.cycleWorker)
            claimed = try await connection.prepared(SQL.Bench.cycleClaim, [.int(count)]).first
        }
        guard let claimed else { return }
        let settled = try await connection.prepared(
            SQL.Bench.cycleSettle,
            [
                .text(try claimed.text("ids")), .text(try claimed.text("tokens")),
                .text(try claimed.text("order_references")), .text(try claimed.text("codes")),
                .int(try claimed.int("n")),
            ]
        ).first
        let orders = try settled?.int("orders") ?? 0
        guard orders == count else { throw BenchError("\(orders) orders were claimed and settled instead of \(count)") }
    }

    /// - Returns: How long each cycle took, in milliseconds.
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
