import LibPQ
import Testing

/// The table and the vendor's ledger, as they are after a scenario.
package struct Books: Sendable {
    /// An order of the table.
    package struct Order: Sendable {
        package let status: String
        /// The bridge will act on it by itself.
        package let isDue: Bool
        package let reference: String?
        package let codes: [String]?
        package let attempts: Int
        package let error: String?
        /// Journal rows whose request may have left.
        package let submissions: Int
    }

    /// By the `order_id` that the vendor sees.
    package let orders: [String: Order]
    package let sales: [VendorPeer.Sale]
    package let requests: [VendorPeer.Request]

    package init(_ database: TestDatabase, _ vendor: VendorPeer) async throws {
        let connection = try await database.connect()
        let rows = try await connection.query(
            """
            SELECT coalesce(o.shop_order_id, 'gb-' || o.id) AS order_id, o.status, o.due_at IS NOT NULL AS is_due,
                o.order_reference, o.voucher_codes, o.attempts, o.error,
                (SELECT count(*) FROM giftbridge.submissions AS j
                 WHERE j.order_id = o.id AND j.outcome IS DISTINCT FROM 'released') AS submissions
            FROM giftbridge.orders AS o
            """)
        await connection.close()
        orders = try Dictionary(
            rows.map { row in
                (
                    try row.text("order_id"),
                    Order(
                        status: try row.text("status"), isDue: try row.bool("is_due"),
                        reference: try row.optionalText("order_reference"),
                        codes: try row.optionalTextArray("voucher_codes")?.compactMap(\.self),
                        attempts: try row.int("attempts"), error: try row.optionalText("error"),
                        submissions: try row.int("submissions"))
                )
            }, uniquingKeysWith: { first, _ in first })
        sales = try await vendor.sales()
        requests = try await vendor.requests().filter { $0.path.hasPrefix("/pos-sale") }
    }

    /// The faults that struck an order's requests, in the order of the requests; nil for a request without one.
    package func faults(of orderID: String) -> [String?] {
        requests.filter { $0.order_id == orderID }.map(\.fault)
    }
}

/// Compares the vendor's ledger with the table (contract §4):
/// sold at most once per order, no sale without a completed or in-doubt order, every completed order's codes and reference
/// are the ledger's, nothing stuck, no request that was not in the journal first, no more of them than the limit allows, and
/// never another request under an order's name where its codes may have been sold.
///
/// - Parameters:
///   - awaitingAPerson: The orders that are in doubt and stay so, by design: exactly these.
///   - refusedYetSold: Orders whose sale the vendor denied in plain words (422 after the sale): rejected by design.
///   - foreign: `order_id`s of sales that are not the bridge's.
///   - mayBeOpen: The work is not over: orders may be pending or in doubt.
@discardableResult
package func expectTheBooksBalance(
    _ database: TestDatabase, _ vendor: VendorPeer, awaitingAPerson: Set<String> = [],
    refusedYetSold: Set<String> = [], foreign: Set<String> = [], mayBeOpen: Bool = false,
    sourceLocation: SourceLocation = #_sourceLocation
) async throws -> Books {
    let books = try await Books(database, vendor)
    var faults: [String] = []

    let mine = books.sales.filter { !foreign.contains($0.order_id ?? "") }
    let salesByOrder = Dictionary(grouping: mine, by: { $0.order_id ?? "" })
    for (id, sales) in salesByOrder {
        // The vendor renames a second sale's reference instead of refusing it.
        if sales.count > 1 { faults.append("order \(id) was sold \(sales.count) times") }
        if sales.contains(where: \.renamed) { faults.append("order \(id)'s reference was renamed: it was sold twice") }
        let status = books.orders[id]?.status ?? "not in the table"
        guard !["completed", "in_doubt"].contains(status), !refusedYetSold.contains(id) else { continue }
        faults.append("order \(id) was sold and is \(status)")
    }

    let requests = Dictionary(grouping: books.requests, by: { $0.order_id ?? "" })
    for (id, order) in books.orders {
        switch order.status {
        case "completed":
            guard let sale = salesByOrder[id]?.first else {
                faults.append("order \(id) is completed and was not sold")
                continue
            }
            if order.codes != sale.items.map(\.code) { faults.append("order \(id) has other codes than the ledger") }
            if let reference = order.reference, reference != sale.order_reference {
                faults.append("order \(id) has reference \(reference), the ledger \(sale.order_reference)")
            }
        case "in_doubt":
            if !mayBeOpen, order.isDue || !awaitingAPerson.contains(id) {
                faults.append("order \(id) is stuck in_doubt")
            }
        case "pending", "submitting":
            if !mayBeOpen { faults.append("order \(id) is stuck \(order.status)") }
        default: break
        }
        if awaitingAPerson.contains(id), order.status != "in_doubt" {
            faults.append("order \(id) should wait for a person and is \(order.status)")
        }
        let sent = foreign.contains(id) ? 0 : requests[id]?.count ?? 0
        if sent > order.submissions {
            faults.append("order \(id): \(sent) requests, but \(order.submissions) journal rows")
        }
    }
    faults += try await excessOverTheLimit(database)
    #expect(Array(faults.sorted().prefix(12)) == [], "\(faults.count) faults", sourceLocation: sourceLocation)
    return books
}

/// Rate groups of which more than `rate_limit` journal rows are within one `rate_window`.
private func excessOverTheLimit(_ database: TestDatabase) async throws -> [String] {
    let connection = try await database.connect()
    defer { Task { await connection.close() } }
    return try await connection.query(
        """
        SELECT format('group %s: %s requests within %s', s.rate_group, max(recent.count), s.rate_window)
        FROM giftbridge.shops AS s JOIN giftbridge.submissions AS j ON j.rate_group = s.rate_group
        CROSS JOIN LATERAL (
            SELECT count(*) FROM giftbridge.submissions AS k
            WHERE k.rate_group = j.rate_group AND k.outcome IS DISTINCT FROM 'released'
                AND k.claimed_at > j.claimed_at - s.rate_window AND k.claimed_at <= j.claimed_at) AS recent
        WHERE s.rate_limit IS NOT NULL
        GROUP BY s.rate_group, s.rate_window, s.rate_limit HAVING max(recent.count) > s.rate_limit
        """
    ).map { try $0.text(0) }
}
