import LibPQ
import TestSupport
import Testing

/// Compares the vendor's ledger with the table: every completed order was sold exactly once and has the sale's codes and
/// reference, and nothing else was sold.
func expectLedgerMatches(
    _ database: TestDatabase, _ vendor: VendorPeer, sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    let connection = try await database.connect()
    let rows = try await connection.query(
        "SELECT shop_order_id, order_reference, voucher_codes FROM giftbridge.orders WHERE status = 'completed'")
    let sales = try await vendor.sales()
    let byOrder = Dictionary(grouping: sales, by: { $0.order_id ?? "" })
    #expect(sales.count == rows.count, "sales and completed orders", sourceLocation: sourceLocation)
    #expect(sales.allSatisfy { !$0.renamed }, "a renamed sale is a second one", sourceLocation: sourceLocation)
    for row in rows {
        let id = try row.text("shop_order_id")
        let sale = byOrder[id]
        #expect(sale?.count == 1, "sales of order \(id)", sourceLocation: sourceLocation)
        #expect(sale?.first?.items.map(\.code) == (try row.textArray("voucher_codes")), sourceLocation: sourceLocation)
        if let reference = try row.optionalText("order_reference") {
            #expect(sale?.first?.order_reference == reference, sourceLocation: sourceLocation)
        }
    }
    await connection.close()
}
