import LibPQ
import Testing

/// The table and the vendor's ledger, as they are after a scenario.
package struct Books: Sendable {
    /// An order of the table.
    package struct Order: Sendable {
        package let status: String
        /// Giftbridge acts on it automatically.
        package let isDue: Bool
        package let reference: String?
        package let codes: [String]?
        package let attempts: Int
        package let error: String?
        /// Attempts in the journal, or in flight, whose request may have left.
        package let submissions: Int
    }

    /// By the `order_id` that the vendor sees.
    package let orders: [String: Order]
    package let sales: [VendorPeer.Sale]
    /// Sales and verifications.
    package let requests: [VendorPeer.Request]
    package let lookups: [VendorPeer.Request]

    package init(_ database: TestDatabase, _ vendor: VendorPeer) async throws {
        let connection = try await database.connect()
        let rows = try await connection.query(
            """
            SELECT coalesce(o.shop_order_id, 'gb-' || o.id) AS order_id, l.status, l.due_at IS NOT NULL AS is_due,
                o.order_reference, o.voucher_codes, o.attempts, o.error,
                (SELECT count(DISTINCT sent.token) FROM (
                    SELECT j.order_id, j.token FROM giftbridge.journal AS j WHERE j.outcome <> 'released'
                    UNION ALL SELECT f.order_id, f.token FROM giftbridge.in_flight AS f
                 ) AS sent WHERE sent.order_id = o.id) AS submissions
            FROM giftbridge.orders AS o JOIN giftbridge.order_list AS l ON l.id = o.id
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
        let all = try await vendor.requests()
        requests = all.filter { $0.path.hasPrefix("/pos-sale") }
        lookups = all.filter { $0.path.hasPrefix("/redeem/check") }
    }

    /// The faults that struck an order's requests, in the order of the requests; nil for a request without one.
    package func faults(of orderID: String) -> [String?] {
        requests.filter { $0.order_id == orderID }.map(\.fault)
    }
}

/// Compares the vendor's ledger with the table (docs/guarantees.md):
/// sold at most once per order, no sale without a completed or in-doubt order, every completed order's codes and reference
/// are the ledger's, nothing stuck, no request that was not in the journal first, and no more of them than the limit allows,
/// by the journal and by the vendor's own record.
///
/// - Parameters:
///   - awaitingAPerson: The orders that are in doubt and stay so, by design: exactly these.
///   - refusedYetSold: Orders whose sale the vendor denied in plain words (422 after the sale): rejected by design.
///   - foreign: `order_id`s of sales that are not Giftbridge's.
///   - journalWasLost: The database was set back to an earlier state: the vendor knows of more requests than the journal.
///   - mayBeOpen: The work is not over: orders may be pending or in doubt.
@discardableResult
package func expectTheBooksBalance(
    _ database: TestDatabase, _ vendor: VendorPeer, awaitingAPerson: Set<String> = [],
    refusedYetSold: Set<String> = [], foreign: Set<String> = [], mayBeOpen: Bool = false,
    journalWasLost: Bool = false,
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
        if sent > order.submissions, !journalWasLost {
            faults.append("order \(id): \(sent) requests, but \(order.submissions) journal rows")
        }
    }
    faults += try await excessOverTheLimit(database, books, foreign: foreign)
    #expect(Array(faults.sorted().prefix(12)) == [], "\(faults.count) faults", sourceLocation: sourceLocation)
    return books
}

/// Allowances of which more than `rate_limit` attempts are within one `rate_window`.
///
/// By the journal, for each; and by the vendor's record, where all requests came under one allowance.
private func excessOverTheLimit(_ database: TestDatabase, _ books: Books, foreign: Set<String>) async throws -> [String]
{
    let connection = try await database.connect()
    defer { Task { await connection.close() } }
    var faults = try await connection.query(
        """
        WITH sent AS (
            SELECT allowance, token, min(claimed_at) AS claimed_at FROM (
                SELECT allowance, token, claimed_at FROM giftbridge.journal WHERE outcome <> 'released'
                UNION ALL SELECT allowance, token, claimed_at FROM giftbridge.in_flight) AS attempts
            GROUP BY allowance, token
        ), spaced AS (
            -- The attempt that is a whole allowance earlier has to be a window or more away.
            SELECT s.allowance, a.rate_limit, a.rate_window,
                s.claimed_at - lag(s.claimed_at, a.rate_limit) OVER (PARTITION BY s.allowance ORDER BY s.claimed_at) AS span
            FROM sent AS s JOIN giftbridge.allowances AS a ON a.name = s.allowance WHERE a.rate_limit IS NOT NULL
        )
        SELECT format('allowance %s: more than %s requests within %s', allowance, max(rate_limit), min(span))
        FROM spaced WHERE span < rate_window GROUP BY allowance
        """
    ).map { try $0.text(0) }

    let limits = try await connection.query(
        """
        SELECT a.rate_limit, extract(epoch FROM a.rate_window)::double precision AS seconds
        FROM giftbridge.allowances AS a WHERE a.name IN (SELECT allowance FROM giftbridge.journal)
        """)
    if limits.count == 1, let row = limits.first, let limit = try row.optionalInt("rate_limit") {
        let window = try row.double("seconds")
        let times = (books.requests + books.lookups).filter { !foreign.contains($0.order_id ?? "") }.map(\.time)
            .sorted()
        for (first, last) in zip(times, times.dropFirst(limit)) where last - first < window {
            faults.append("the vendor had more than \(limit) requests within \(window) s")
            break
        }
    }
    return faults
}
