import Foundation
import SmartGift
import Testing

/// The vendor's page `sales/create-order`: which bytes go out.
@Suite("The bytes of a sale")
struct PosSaleBytesTests {
    @Test("The vendor's full example, byte for byte; what is nil is left out")
    func fullExample() throws {
        let expected =
            #"{"items":[{"id":1,"price":100.00,"to":"Recipient #1","from":"Sender","#
            + #""message":"Here is an example voucher for you to enjoy!","code":"EXAMPLECODE1"},"#
            + #"{"id":1,"price":100.00,"to":"Sender","from":"Recipient #2","#
            + #""message":"Here is an example voucher for you to enjoy!","code":"EXAMPLECODE2"}],"#
            + #""customer":{"email":"customer@example.com","first_name":"John","last_name":"Smith","#
            + #""address1":"Bank Chambers","address2":"High Street","postcode":"NP11 4EY","town":"Newbridge","#
            + #""county":"Newport"},"delivery":{"method":1,"email":"recipient@example.com"},"#
            + #""payment_method":1,"order_id":"123"}"#
        #expect(String(decoding: try Sales.full().body(), as: UTF8.self) == expected)
    }

    @Test("The vendor's short example, byte for byte")
    func shortExample() throws {
        let expected =
            #"{"items":[{"id":1,"price":100.00}],"customer":{"email":"customer@example.com"},"#
            + #""delivery":{"method":1,"email":"recipient@example.com"},"payment_method":1}"#
        #expect(String(decoding: try Sales.short().body(), as: UTF8.self) == expected)
    }

    @Test("Foundation reads the vendor's own full example and ours as the same values, nulls aside")
    func fullExampleFieldByField() throws {
        let vendors = #"""
            {"items": [{"id": 1, "price": 100.00, "to": "Recipient #1", "from": "Sender",
            "message": "Here is an example voucher for you to enjoy!", "code": "EXAMPLECODE1"},
            {"id": 1, "price": 100.00, "from": "Recipient #2", "to": "Sender",
            "message": "Here is an example voucher for you to enjoy!", "code": "EXAMPLECODE2"}],
            "customer": {"first_name": "John", "last_name": "Smith", "email": "customer@example.com",
            "address1": "Bank Chambers", "address2": "High Street", "postcode": "NP11 4EY",
            "town": "Newbridge", "county": "Newport"},
            "delivery": {"method": 1, "email": "recipient@example.com"},
            "payment_method": 1, "order_id": "123"}
            """#
        #expect(try independently(Sales.full().body()) == independently(Array(vendors.utf8)))
    }

    @Test("Every field of the vendor's has its place, and only those")
    func everyField() throws {
        let address = PosSale.Address(
            firstName: "f", lastName: "l", address1: "1", address2: "2", postcode: "p", town: "t", county: "c")
        let sale = PosSale(
            items: [
                PosSale.Item(
                    id: 7, price: DecimalLiteral("5.50"), to: "to", from: "from", message: "m", code: "C0DE", persons: 3
                )
            ],
            customer: PosSale.Customer(email: "c@e", address: address),
            delivery: PosSale.Delivery(method: 2, email: "d@e", date: "2027-12-24", address: address),
            paymentMethod: 9,
            orderID: "o")
        let read = try JSONValue(parsing: sale.body())
        let postal: [String: JSONValue] = [
            "first_name": .string("f"), "last_name": .string("l"), "address1": .string("1"), "address2": .string("2"),
            "postcode": .string("p"), "town": .string("t"), "county": .string("c"),
        ]
        let item: [String: JSONValue] = [
            "id": .number("7"), "price": .number("5.50"), "to": .string("to"), "from": .string("from"),
            "message": .string("m"), "code": .string("C0DE"), "persons": .number("3"),
        ]
        let expected: [String: JSONValue] = [
            "items": .array([.object(item)]),
            "customer": .object(postal.merging(["email": .string("c@e")]) { old, _ in old }),
            "delivery": .object(
                postal.merging(
                    ["method": .number("2"), "email": .string("d@e"), "date": .string("2027-12-24")]
                ) { old, _ in old }),
            "payment_method": .number("9"),
            "order_id": .string("o"),
        ]
        #expect(read == .object(expected))
        _ = try independently(sale.body())
    }

    @Test("An optional field that is nil is left out, one that is empty is not")
    func nilIsLeftOut() throws {
        #expect(
            String(decoding: Sales.of(PosSale.Item(id: 3)).body(), as: UTF8.self)
                == #"{"items":[{"id":3}],"customer":{"email":"c@example.com"},"delivery":{"method":1},"payment_method":1}"#
        )
        let empty = Sales.of(PosSale.Item(id: 3, to: ""), orderID: "")
        #expect(String(decoding: empty.body(), as: UTF8.self).contains(#"{"id":3,"to":""}"#))
        #expect(String(decoding: empty.body(), as: UTF8.self).hasSuffix(#""order_id":""}"#))
    }

    @Test("A hundred items arrive all, and in order")
    func hundredItems() throws {
        var sale = try Sales.short()
        sale.items = (1...100).map { PosSale.Item(id: $0, price: DecimalLiteral("\($0).25"), code: "CODE\($0)") }
        let body = try JSONValue(parsing: sale.body())
        let items = try #require(body["items"]?.array)
        #expect(items.map { $0["id"]?.int } == (1...100).map { $0 })
        #expect(items.map { $0["price"]?.numberLiteral } == (1...100).map { "\($0).25" })
        #expect(items.map { $0["code"]?.string } == (1...100).map { "CODE\($0)" })
        #expect((try independently(sale.body())["items"] as? NSArray)?.count == 100)
    }

    @Test("The same sale gives the same bytes, always")
    func sameBytes() throws {
        let first = try Sales.full().body()
        for _ in 0..<100 {
            #expect(try Sales.full().body() == first)
        }
    }

    @Test("Numbers at the edge of what a row can hold", arguments: [0, 1, -1, 2_147_483_647, Int.max, Int.min])
    func integers(number: Int) throws {
        var sale = Sales.of(PosSale.Item(id: number, persons: number))
        sale.paymentMethod = number
        let body = try JSONValue(parsing: sale.body())
        #expect(body["payment_method"]?.int == number)
        #expect(body["items"]?.array?.first?["persons"]?.int == number)
    }
}
