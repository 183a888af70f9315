import LibPQ
import TestSupport
import Testing

@testable import Giftbridge

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

extension DatabaseTests {
    /// Rows that are not at an end cannot be deleted or truncated away; nor can what they depend on.
    struct OrderKeepingTests {
        @Test(arguments: [OrderStatus.pending, .submitting, .inDoubt])
        func anOrderThatIsNotAtAnEndIsNotDeleted(_ status: OrderStatus) async throws {
            let test = try await TestQueue.make()
            let id = try await test.insert(in: status)
            let error = try await test.error("DELETE FROM giftbridge.orders")
            #expect(error.sqlState == "55000")
            #expect(error.message.hasPrefix("order \(id) is "))
            #expect(error.hint?.contains("giftbridge.cancel") == true && error.hint?.contains("resolve_sold") == true)
            #expect(try await test.int("SELECT count(*) FROM giftbridge.codes WHERE order_id = \(id)") == 1)
            let truncated = try await test.error("TRUNCATE giftbridge.orders")
            #expect(truncated.sqlState == "55000" && truncated.hint?.contains("giftbridge.cancel") == true)
            #expect(try await test.status(id) == status.rawValue)
        }

        /// One in doubt that will be verified is in due and not in attention.
        @Test func anOrderThatWillBeVerifiedIsNotTruncated() async throws {
            let test = try await TestQueue.make()
            _ = try await test.claimedOrder()
            try await test.loseWorker()
            #expect(try await test.error("TRUNCATE giftbridge.orders").sqlState == "55000")
            #expect(try await test.error("DELETE FROM giftbridge.orders").sqlState == "55000")
        }

        @Test(arguments: [OrderStatus.completed, .rejected, .failed, .cancelled], ["DELETE FROM", "TRUNCATE"])
        func anOrderAtAnEndGoesWithAllButItsAttempts(_ status: OrderStatus, _ statement: String) async throws {
            let test = try await TestQueue.make()
            let sold = try await test.claimedOrder()
            try await test.settle(.sold(sold))
            _ = try await test.insert(in: status)
            try await test.run("\(statement) giftbridge.orders")
            for table in ["orders", "codes", "due", "attention", "lookups"] {
                #expect(try await test.int("SELECT count(*) FROM giftbridge.\(table)") == 0, "\(table)")
            }
            #expect(try await test.int("SELECT count(*) FROM giftbridge.journal") == 1)
        }

        @Test func oneOpenOrderKeepsTheWholeStatementBack() async throws {
            let test = try await TestQueue.make()
            _ = try await test.insert(in: .completed)
            _ = try await test.insert(in: .pending)
            _ = try await test.error("DELETE FROM giftbridge.orders")
            #expect(try await test.int("SELECT count(*) FROM giftbridge.orders") == 2)
        }

        /// The variable of a shop's key has its name in upper case, with _ for what is no ASCII letter or digit.
        @Test(arguments: [("a-b", "A_B"), ("ü", "ö"), ("x y", "X-Y"), ("default", "Default")])
        func twoShopsDoNotShareTheVariableOfTheirKey(one: String, other: String) async throws {
            let test = try await TestQueue.make()
            try await test.run("INSERT INTO giftbridge.shops (name) VALUES ('\(one)') ON CONFLICT DO NOTHING")
            let expected = "shops \(one) and \(other) would share the variable of their key"
            #expect(try await test.error("INSERT INTO giftbridge.shops (name) VALUES ('\(other)')").message == expected)
            try await test.run("INSERT INTO giftbridge.shops (name) VALUES ('third')")
            let renamed = try await test.error("UPDATE giftbridge.shops SET name = '\(other)' WHERE name = 'third'")
            #expect(renamed.message == expected)
            // Also where two sessions insert at once, which the trigger of neither sees.
            try await test.run("SET session_replication_role = replica")
            #expect(try await test.error("INSERT INTO giftbridge.shops (name) VALUES ('\(other)')").sqlState == "23505")
            try await test.run("RESET session_replication_role")
            // A shop may change the letter case of its own name.
            try await test.run("UPDATE giftbridge.shops SET name = '\(other)' WHERE name = '\(one)'")
        }

        @Test(arguments: [
            ("UPDATE giftbridge.shops SET name = 'new'", "renamed"), ("DELETE FROM giftbridge.shops", "deleted"),
        ])
        func aShopThatHasOrdersKeepsItsName(statement: String, word: String) async throws {
            let test = try await TestQueue.make()
            let id = try await test.insert(in: .completed)
            let error = try await test.error(statement)
            #expect(error.sqlState == "55000" && error.message == "shop default has orders: it cannot be \(word)")
            try await test.run("DELETE FROM giftbridge.orders WHERE id = \(id)")
            try await test.run(statement)
            #expect(
                try await test.int("SELECT count(*) FROM giftbridge.shop_state WHERE shop = 'default'") == 0)
        }
    }
}
