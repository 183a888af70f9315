import LibPQ
import SmartGift
import TestSupport
import Testing

@testable import Giftbridge

extension DatabaseTests {
    struct InsertTests {
        @Test func smallestOrderOfTheContractIsAccepted() async throws {
            let test = try await TestQueue.make()
            try await test.run(
                """
                INSERT INTO giftbridge.orders (shop_order_id, items, customer_email, delivery_method, delivery_email, payment_method)
                VALUES ('100045', '[{"id": 1, "price": 100.00, "to": "Ann", "from": "Bob", "message": "Happy birthday"}]',
                        'bob@example.com', 1, 'ann@example.com', 1);
                """)
            let order = try await test.order(
                1, "shop", "status", "attempts", "priority", "created_at = updated_at",
                "num_nonnulls(order_reference, voucher_codes, error, completed_at, in_doubt_since, sent_to)")
            #expect(order == ["default", "pending", "0", "0", "true", "0"])
            #expect(try await test.place(1) == "due 0")
        }

        @Test(arguments: [
            ("100 items", ["items": "'[' || repeat('{\"id\": 1},', 99) || '{\"id\": 1}]'"]),
            ("10 kB message", ["items": "'[{\"id\": 1, \"message\": \"' || repeat('Ann & Bob ', 1000) || '\"}]'"]),
            ("longest message", ["items": "'[{\"id\": 1, \"message\": \"' || repeat('é', 20000) || '\"}]'"]),
            ("emoji and control characters", ["items": "'[{\"id\": 1, \"to\": \"🎁 \\\"Ann\\\"\\n\\t\"}]'"]),
            ("experience without price", ["items": "'[{\"id\": 7, \"persons\": 2}]'"]),
            ("nulls", ["items": "'[{\"id\": 1, \"price\": null, \"to\": null, \"code\": null, \"persons\": null}]'"]),
            ("largest price", ["items": "'[{\"id\": 2147483647, \"price\": 99999999.99}]'"]),
            ("smallest price", ["items": "'[{\"id\": 1, \"price\": 0.01}]'"]),
            ("codes of the shop", ["items": "'[{\"id\": 1, \"code\": \"AB1\"}, {\"id\": 1, \"code\": \"AB2\"}]'"]),
            ("the shop's payment method", ["payment_method": "NULL"]),
            ("the order's payment method", ["shop": "'bare'", "payment_method": "5"]),
            ("method in neither list", ["delivery_method": "77", "delivery_email": "NULL"]),
            (
                "offline",
                [
                    "delivery_method": "2", "delivery_email": "NULL", "delivery_address1": "'1 Way'",
                    "delivery_postcode": "'X'",
                ]
            ),
            ("date in the past", ["delivery_date": "'2001-01-01'"]),
            ("lowest priority", ["priority": "-100"]), ("highest priority", ["priority": "100"]),
            (
                "what object mappers write for a default",
                ["shop": "NULL", "status": "NULL", "priority": "NULL", "submit_after": "NULL", "attempts": "NULL"]
            ),
            ("texts with quotes", ["customer_town": "'St. John''s \"Wood\" \\ 🎁'"]),
        ])
        func orderThatCanBeSoldIsAcceptedAndClaimed(name: String, columns: [String: String]) async throws {
            let test = try await TestQueue.make()
            try await test.shop("bare", ["payment_method": "NULL"])
            let order = try await test.claimedOrder(columns)
            _ = try order.sale.get()
        }

        @Test(arguments: ["100.10", "0.10", "33.3", "1000", "64.35", "100.00", "99999999.99"], [false, true])
        func pricesStayExactDecimals(_ price: String, isText: Bool) async throws {
            let test = try await TestQueue.make()
            try await test.insert(1, ["items": "'[{\"id\": 1, \"price\": \(isText ? "\"\(price)\"" : price)}]'"])
            let items = try await test.value("SELECT items FROM giftbridge.orders")
            #expect(items == "[{\"id\": 1, \"price\": \(price)}]")
        }

        @Test func orderWithoutAnIdOfTheShopGetsOne() async throws {
            let test = try await TestQueue.make()
            let id = try await test.insert()[0]
            #expect(try await test.claim().first?.sale.get().orderID == "gb-\(id)")
        }

        @Test func timesAreTheDatabases() async throws {
            let test = try await TestQueue.make()
            try await test.insert(1, ["created_at": "'2001-01-01'", "updated_at": "'2001-01-01'"])
            #expect(
                try await test.value(
                    "SELECT created_at > now() - interval '1 min' AND updated_at = created_at FROM giftbridge.orders")
                    == "t")
        }

        @Test func newShopHasAnAllowanceOfItsOwn() async throws {
            let test = try await TestQueue.make()
            try await test.run("INSERT INTO giftbridge.shops (name) VALUES ('second')")
            #expect(
                try await test.value(
                    "SELECT (rate_limit, rate_window, online_methods, assign_codes, paused)::text FROM giftbridge.shops WHERE name = 'second'"
                )
                    == "(60,00:01:00,{1},t,f)")
        }

        @Test(arguments: [
            "code_prefix = 'a-b'", "rate_limit = 0", "rate_window = '0 s'", "rate_group = ''",
            "offline_methods = '{1}'",
            "name = ''", "name = E'a\\nb'",
            "pause_reason = 'x', paused = true, paused_until = now(), rate_window = '2 days'",
        ])
        func shopThatCannotWorkIsRefused(_ change: String) async throws {
            let test = try await TestQueue.make()
            #expect(try await test.error("UPDATE giftbridge.shops SET \(change)").sqlState == "23514")
        }
    }
}
