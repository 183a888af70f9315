import Foundation
import LibPQ
import TestSupport

/// Times short enough for tests, long enough for two busy cores.
let quick = [
    "GIFTBRIDGE_LEASE": "3s", "GIFTBRIDGE_REQUEST_TIMEOUT": "1s",
    "GIFTBRIDGE_RETRY_BASE": "20ms", "GIFTBRIDGE_RETRY_MAX": "200ms",
]

extension Bridge {
    /// A worker with ``quick`` times.
    static func quick(_ database: TestDatabase, _ vendor: VendorPeer, _ settings: [String: String] = [:]) -> Bridge {
        Bridge(database, vendor, FaultTests.quick.merging(settings) { _, new in new })
    }

    /// The same, but for a request's time: for tests that count requests, where a vendor that is slow must not look like one
    /// that does not answer.
    static func patient(_ database: TestDatabase, _ vendor: VendorPeer, _ settings: [String: String] = [:]) -> Bridge {
        let patient = ["GIFTBRIDGE_LEASE": "5s", "GIFTBRIDGE_REQUEST_TIMEOUT": "3s"]
        return quick(database, vendor, patient.merging(settings) { _, new in new })
    }

    /// Runs a worker that is to die by SIGKILL, and waits until it is dead.
    ///
    /// - Throws: ``TimedOut`` if it has not died within the bound.
    func runUntilKilled(
        within bound: Duration = .seconds(30),
        _ body: @Sendable @escaping (RunningProcess) async throws -> Void = { _ in }
    ) async throws -> RunningProcess.Outcome {
        try await RunningProcess.run(["run"], environment: environment) { process in
            try await body(process)
            try await process.end(within: bound)
        }.outcome
    }
}

extension TestDatabase {
    /// Inserts orders by their ids, one item each, in one statement.
    func insert(orders ids: [String], shop: String = "default", items: String = #"[{"id": 1, "price": 12.50}]"#)
        async throws
    {
        let connection = try await connect()
        _ = try await connection.query(
            """
            INSERT INTO giftbridge.orders
                (shop, shop_order_id, items, customer_email, delivery_method, delivery_email, payment_method)
            SELECT $1, id, $2::jsonb, 'customer@example.com', 1, 'recipient@example.com', 1 FROM unnest($3::text[]) AS id
            """, [.text(shop), .text(items), .textArray(ids)])
        await connection.close()
    }

    /// Waits until nothing more happens automatically; orders that wait for an operator may be left.
    func waitUntilSettled(within bound: Duration = .seconds(40)) async throws {
        try await wait(
            for: "0", from: "SELECT count(*) FROM giftbridge.order_list WHERE due_at IS NOT NULL", within: bound)
    }

    /// One column of one order.
    func order(_ id: String, _ column: String) async throws -> String? {
        try await value("SELECT \(column)::text FROM giftbridge.orders WHERE shop_order_id = $1", [.text(id)])
    }

    /// Whether an SQL condition holds.
    func holds(_ condition: String) async throws -> Bool {
        try await value("SELECT \(condition)") == "t"
    }
}

/// Waits until something is so: a condition with a bound, looked at every 20 ms.
func wait(
    for what: String, within bound: Duration = .seconds(20), until isSo: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + bound
    while try await !isSo() {
        guard ContinuousClock.now < deadline else { throw TimedOut(what: what) }
        try await Task.sleep(for: .milliseconds(20))
    }
}
