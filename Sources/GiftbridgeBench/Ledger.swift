import FoundationEssentials
import Giftbridge
import LibPQ

/// What the peer was asked for.
struct Ledger: Sendable {
    /// A request.
    struct Entry: Sendable, Equatable {
        let orderID: String
        /// CLOCK_MONOTONIC, nanoseconds.
        let arrival: Int64
        /// The codes it carried, with commas between them.
        let codes: String
    }

    let entries: [Entry]
    /// How many requests the peer counted.
    let requests: Int

    /// Reads the peer's file.
    init(path: String, requests: Int) throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        entries = try data.split(separator: UInt8(ascii: "\n")).map { line in
            let fields = line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
            guard fields.count == 3, let arrival = Int64(String(decoding: fields[1], as: UTF8.self)) else {
                throw BenchError("the peer's ledger cannot be read")
            }
            return Entry(
                orderID: String(decoding: fields[0], as: UTF8.self), arrival: arrival,
                codes: String(decoding: fields[2], as: UTF8.self))
        }
        self.requests = requests
    }

    /// When the first request came, CLOCK_MONOTONIC in nanoseconds.
    func firstArrival() throws(BenchError) -> Int64 {
        guard let first = entries.lazy.map(\.arrival).min() else { throw BenchError("no request came") }
        return first
    }
}

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
