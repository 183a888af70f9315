import LibPQ
import TestSupport
import Testing

@Test func anOrderIsSold() async throws {
    let database = try await TestServer.shared.database()
    try await VendorPeer.run { vendor in
        _ = try await RunningProcess.run(["run"], environment: [
            "GIFTBRIDGE_DATABASE_URL": database.conninfo, "GIFTBRIDGE_API_URL": vendor.url, "GIFTBRIDGE_API_KEY": VendorPeer.key,
        ]) { bridge in
            try await bridge.line(containing: "The worker runs.")
            try await database.run("""
                INSERT INTO giftbridge.orders (shop_order_id, items, customer_email, delivery_method, delivery_email, payment_method)
                VALUES ('100045', '[{"id": 1, "price": 100.00}]', 'bob@example.com', 1, 'ann@example.com', 1)
                """)
            try await database.wait(for: "completed", from: "SELECT status FROM giftbridge.orders")
            let sales = try await vendor.sales()
            #expect(sales.map(\.order_id) == ["100045"])
        }
    }
}
