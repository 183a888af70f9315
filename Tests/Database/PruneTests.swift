import LibPQ
import TestSupport
import Testing

/// `prune` erases personal data of finished orders, and nothing else.
@Suite struct PruneTests {
    private static let personal = """
        SELECT count(*) FROM giftbridge.orders
        WHERE concat(items, customer_email, customer_first_name, delivery_email, delivery_address1) LIKE '%Planted%'
        """

    /// One order in each state, all finished or inserted 100 days ago.
    private func databaseWithOneOfEach() async throws -> TestDatabase {
        let database = try await TestServer.shared.database()
        try await database.run(
            """
            INSERT INTO giftbridge.orders (shop_order_id, items, customer_email, customer_first_name, delivery_method,
                delivery_email, delivery_address1, payment_method)
            SELECT n::text, '[{"id": 1, "price": 5.10, "to": "Planted", "from": "Planted", "message": "Planted", "code": null}]',
                'Planted@example.com', 'Planted', 1, 'Planted@example.com', 'Planted', 1
            FROM generate_series(1, 7) AS n;
            SET session_replication_role = replica;
            UPDATE giftbridge.orders SET status = 'completed', completed_at = now(), voucher_codes = '{CODE}',
                order_reference = 'R1' WHERE id = 1;
            UPDATE giftbridge.orders SET status = 'cancelled' WHERE id = 2;
            UPDATE giftbridge.orders SET status = 'rejected', error = 'Planted' WHERE id = 3;
            UPDATE giftbridge.orders SET status = 'failed', error = 'e' WHERE id = 4;
            UPDATE giftbridge.orders SET status = 'in_doubt', error = 'e', in_doubt_since = now(), was_in_doubt = true WHERE id = 5;
            UPDATE giftbridge.orders SET updated_at = now() - interval '100 days';
            INSERT INTO giftbridge.journal (order_id, id, token, shop, kind, attempt, worker, account, api_host, allowance, claimed_at,
                finished_at, outcome, response)
            VALUES (1, 1, gen_random_uuid(), 'default', 'sale', 1, 'w', '', '', '', now(), now(), 'completed', 'Planted');
            """)
        return database
    }

    @Test func finishedOrdersAreErasedAndOpenOnesAreNot() async throws {
        let database = try await databaseWithOneOfEach()
        #expect(try await database.value("SELECT giftbridge.prune('90 days')") == "4")
        #expect(try await database.value(Self.personal) == "3")
        #expect(
            try await database.value(
                "SELECT string_agg(id::text, ',' ORDER BY id) FROM giftbridge.orders WHERE customer_first_name IS NOT NULL"
            )
                == "5,6,7")
        #expect(
            try await database.value(
                "SELECT concat_ws(' ', items, order_reference, voucher_codes) FROM giftbridge.orders WHERE id = 1")
                == #"[{"id": 1, "code": null, "price": 5.10}] R1 {CODE}"#)
        #expect(try await database.value("SELECT response FROM giftbridge.submissions") == nil)
        #expect(
            try await database.value("SELECT error FROM giftbridge.orders WHERE id = 3")
                == "Erased together with the personal data.")
        #expect(try await database.value("SELECT giftbridge.prune('90 days')") == "0")
    }

    @Test func youngOrdersAreKept() async throws {
        let database = try await databaseWithOneOfEach()
        #expect(try await database.value("SELECT giftbridge.prune('101 days')") == "0")
        #expect(try await database.value(Self.personal) == "7")
    }

    @Test(arguments: ["NULL", "'23 hours'", "'-90 days'"])
    func aHurriedAgeIsRefused(age: String) async throws {
        let database = try await databaseWithOneOfEach()
        await #expect(throws: ServerError.self) { try await database.run("SELECT giftbridge.prune(\(age))") }
        #expect(try await database.value(Self.personal) == "7")
    }

    @Test func anErasedOrderIsNotRetried() async throws {
        let database = try await databaseWithOneOfEach()
        try await database.run("SELECT giftbridge.prune('90 days')")
        let error = await #expect(throws: ServerError.self) { try await database.run("SELECT giftbridge.retry(3)") }
        #expect(error?.message == "order 3 cannot be retried: its personal data was erased; insert a new order")
    }

    @Test func aFinishedOrdersInputsChangeInNoOtherWay() async throws {
        let database = try await databaseWithOneOfEach()
        let error = await #expect(throws: ServerError.self) {
            try await database.run("UPDATE giftbridge.orders SET customer_email = 'erased@erased.invalid' WHERE id = 1")
        }
        #expect(error?.sqlState == "55000")
    }
}
