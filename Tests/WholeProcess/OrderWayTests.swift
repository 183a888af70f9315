import Foundation
import LibPQ
import TestSupport
import Testing

/// From INSERT to voucher codes, through the real binary, a real PostgreSQL and a real HTTP peer.
@Suite struct OrderWayTests {
    /// The vendor's own example (vendor page `sales/create-order`), as a shop writes it into the table.
    static let fullExample = """
        INSERT INTO giftbridge.orders (shop_order_id, items, customer_email, customer_first_name, customer_last_name,
            customer_address1, customer_address2, customer_postcode, customer_town, customer_county,
            delivery_method, delivery_email, payment_method)
        VALUES ('123', '[
            {"id": 1, "price": 100.00, "to": "Recipient #1", "from": "Sender",
             "message": "Here is an example voucher for you to enjoy!", "code": "EXAMPLECODE1"},
            {"id": 1, "price": 100.00, "from": "Recipient #2", "to": "Sender",
             "message": "Here is an example voucher for you to enjoy!", "code": "EXAMPLECODE2"}]',
            'customer@example.com', 'John', 'Smith', 'Bank Chambers', 'High Street', 'NP11 4EY', 'Newbridge', 'Newport',
            1, 'recipient@example.com', 1)
        """

    @Test func theVendorsFullExampleIsSoldByteForByte() async throws {
        let database = try await TestServer.shared.database()
        try await VendorPeer.run { vendor in
            try await Bridge(database, vendor).run { _ in
                try await database.run(Self.fullExample)
                try await database.wait(for: "completed", from: "SELECT status FROM giftbridge.orders")
            }
            let request = try #require(try await vendor.requests().first)
            #expect(
                request.body == """
                    {"items":[{"id":1,"price":100.00,"to":"Recipient #1","from":"Sender",\
                    "message":"Here is an example voucher for you to enjoy!","code":"EXAMPLECODE1"},\
                    {"id":1,"price":100.00,"to":"Sender","from":"Recipient #2",\
                    "message":"Here is an example voucher for you to enjoy!","code":"EXAMPLECODE2"}],\
                    "customer":{"email":"customer@example.com","first_name":"John","last_name":"Smith",\
                    "address1":"Bank Chambers","address2":"High Street","postcode":"NP11 4EY","town":"Newbridge",\
                    "county":"Newport"},\
                    "delivery":{"method":1,"email":"recipient@example.com"},"payment_method":1,"order_id":"123"}
                    """)
            #expect(request.method == "POST" && request.path == "/pos-sale" && request.key == "matched")
            let headers = Dictionary(request.headers.map { ($0.key.lowercased(), $0.value) }) { first, _ in first }
            #expect(headers["content-type"] == "application/json" && headers["accept"] == "application/json")
            #expect(
                try await database.value("SELECT voucher_codes::text FROM giftbridge.orders")
                    == "{EXAMPLECODE1,EXAMPLECODE2}")
            try await expectTheBooksBalance(database, vendor)
        }
    }

    @Test func theVendorsShortExampleIsSoldWithACodeOfTheBridgesOwn() async throws {
        let database = try await TestServer.shared.database()
        try await VendorPeer.run { vendor in
            // In the queue before the worker starts.
            try await database.run(
                """
                INSERT INTO giftbridge.orders (items, customer_email, delivery_method, delivery_email, payment_method)
                VALUES ('[{"id": 1, "price": 100.00}]', 'customer@example.com', 1, 'recipient@example.com', 1)
                """)
            try await Bridge(database, vendor).run { _ in
                try await database.wait(for: "completed", from: "SELECT status FROM giftbridge.orders")
            }
            let code = try #require(try await database.value("SELECT voucher_codes[1] FROM giftbridge.orders"))
            #expect(code.count == 16)
            #expect(
                try await vendor.requests().first?.body == """
                    {"items":[{"id":1,"price":100.00,"code":"\(code)"}],"customer":{"email":"customer@example.com"},\
                    "delivery":{"method":1,"email":"recipient@example.com"},"payment_method":1,"order_id":"gb-1"}
                    """)
            #expect(try await database.value("SELECT order_reference FROM giftbridge.orders") == "ACME-gb-1")
        }
    }

    @Test(arguments: [
        "plain", #"quotes " and ' and \ and /"#, "emoji 🎁👨‍👩‍👧 and Ünïcödé 李雷",
        "tab\tnewline\nreturn\rbell\u{07}escape\u{1B}del\u{7F}",
        "", " leading and trailing ", String(repeating: "Ä long message. ", count: 640), "\u{2028}\u{FEFF}\u{10FFFF}",
    ])
    func textsArriveExactly(text: String) async throws {
        let database = try await TestServer.shared.database()
        try await VendorPeer.run { vendor in
            try await Bridge(database, vendor).run { _ in
                let connection = try await database.connect()
                _ = try await connection.query(
                    """
                    INSERT INTO giftbridge.orders (shop_order_id, items, customer_email, customer_town, delivery_method,
                        delivery_email, delivery_date, payment_method)
                    VALUES ('1', jsonb_build_array(jsonb_build_object('id', 1, 'price', 5, 'message', $1::text, 'to', $1::text,
                        'from', NULL)), 'a@example.com', left($1, 900), 1, 'b@example.com', '2031-02-28', 2)
                    """, [.text(String(text.prefix(900)))])
                await connection.close()
                try await database.wait(for: "completed", from: "SELECT status FROM giftbridge.orders")
            }
            let sale = try #require(try await vendor.sales().first)
            let expected = String(text.prefix(900))
            #expect(sale.items.first?.message.map { Array($0.utf8) } == Array(expected.utf8))
            #expect(sale.items.first?.to == expected && sale.items.first?.from == nil)
            let body = try #require(try await vendor.requests().first?.body)
            let json = try #require(try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])
            #expect((json["customer"] as? [String: Any])?["town"] as? String == expected)
            #expect((json["delivery"] as? [String: Any])?["date"] as? String == "2031-02-28")
        }
    }

    @Test func aHundredItemsWithExactPricesAndLongMessagesArrive() async throws {
        let database = try await TestServer.shared.database()
        let prices = ["0.10", "33.3", "1000", "64.35", "100.00", "0.01", "999.99", "1.1"]
        let message = String(repeating: "x", count: 10_240)
        let items = (0..<100).map { number in
            #"{"id": 1, "price": \#(prices[number % prices.count])\#(number < 5 ? #", "message": "\#(message)""# : "")}"#
        }
        try await VendorPeer.run { vendor in
            try await Bridge(database, vendor).run { _ in
                try await database.run(
                    """
                    INSERT INTO giftbridge.orders (shop_order_id, items, customer_email, delivery_method, delivery_email,
                        payment_method)
                    VALUES ('100', '[\(items.joined(separator: ","))]', 'a@example.com', 1, 'b@example.com', 1)
                    """)
                try await database.wait(for: "completed", from: "SELECT status FROM giftbridge.orders")
            }
            let sale = try #require(try await vendor.sales().first)
            #expect(sale.items.map(\.price) == (0..<100).map { prices[$0 % prices.count] })
            #expect(sale.items[0].message == message && sale.items[5].message == nil)
            #expect(Set(sale.items.map(\.code)).count == 100)
            #expect(try await database.value("SELECT count(*) FROM giftbridge.vouchers") == "100")
            try await expectTheBooksBalance(database, vendor)
        }
    }
}
