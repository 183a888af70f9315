import Giftbridge
import LibPQ

/// Compares the table with the peer's ledger: a measurement counts only if every order was sold once, and says so.
struct Books {
    /// What does not fit, a sentence each.
    private(set) var faults: [String] = []

    /// - Parameters:
    ///   - connection: The benchmark's database.
    ///   - ledger: All that the peer was asked for since the table was empty.
    ///   - orders: How many orders were inserted.
    init(_ connection: Connection, _ ledger: Ledger, orders: Int) async throws {
        let requests = Dictionary(grouping: ledger.entries, by: \.orderID)
        let rows = try await connection.query(SQL.Bench.orders)
        if rows.count != orders { faults.append("\(orders) orders were inserted, the table has \(rows.count)") }
        if ledger.requests != rows.count {
            faults.append("the peer counted \(ledger.requests) requests for \(rows.count) orders")
        }
        for row in rows {
            let id = try row.text("shop_order_id")
            let status = try row.text("status")
            let sent = requests[id] ?? []
            if status != "completed" { faults.append("order \(id) is \(status)") }
            if sent.count != 1 { faults.append("order \(id) stands in the ledger \(sent.count) times") }
            // The codes themselves are not read.
            if let entry = sent.first, try row.optionalText("codes") != entry.codes {
                faults.append("order \(id) has other codes than the ledger")
            }
            if try row.optionalText("order_reference") != id { faults.append("order \(id) has another reference") }
        }
    }

    /// - Throws: ``BenchError`` with the first faults.
    func mustBalance() throws {
        guard !faults.isEmpty else { return }
        throw BenchError(
            "the table and the peer's ledger do not agree (\(faults.count) faults): "
                + faults.prefix(3).joined(separator: "; "))
    }
}
