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

/// Texts and prices reach the wire exactly as the shop inserted them.
@Suite("Texts and prices of a sale")
struct PosSaleTextTests {
    static let texts: [String] = [
        "", " ", "plain", #"say "hi""#, #"back\slash"#, #"\"#, #"\\""#, "/", "line\nline\r\nline\ttab", "\u{08}\u{0C}",
        "🎁", "👩‍👩‍👧‍👦", "🏴󠁧󠁢󠁷󠁬󠁳󠁿", "é", "e\u{301}", "Zoë", "日本語", "שלום", "\u{202E}rtl", "\u{2028}\u{2029}", "\u{FEFF}", "\u{FFFD}",
        "\u{FFFF}", "\u{10FFFF}", "\u{7F}", "\u{80}", "\u{9F}", "<script>&amp;'", "$1,000", "%s %n", "null",
        "{\"a\":1}", "\\u0041",
    ]

    @Test("Text arrives exactly, in every field that takes text", arguments: texts)
    func textArrives(text: String) throws {
        let address = PosSale.Address(
            firstName: text, lastName: text, address1: text, address2: text, postcode: text, town: text, county: text)
        let sale = PosSale(
            items: [PosSale.Item(id: 1, to: text, from: text, message: text, code: text)],
            customer: PosSale.Customer(email: text, address: address),
            delivery: PosSale.Delivery(method: 1, email: text, date: text, address: address),
            paymentMethod: 1,
            orderID: text)
        let body = sale.body()

        // Scalars, because Swift compares by canonical equivalence, and the vendor prints what is there.
        let ours = try JSONValue(parsing: body)
        let item = try #require(ours["items"]?.array?.first)
        let read =
            [item["to"], item["from"], item["message"], item["code"], ours["order_id"]]
            + ["email", "date", "first_name", "address1", "town", "county"].map { ours["delivery"]?[$0] }
            + ["email", "last_name", "address2", "postcode"].map { ours["customer"]?[$0] }
        for value in read {
            #expect(value?.string.map { Array($0.unicodeScalars) } == Array(text.unicodeScalars))
        }

        let theirs = try independently(body)
        let message = ((theirs["items"] as? [Any])?.first as? [String: Any])?["message"] as? String
        // Foundation on Linux loses a byte order mark at a string's beginning.
        if text != "\u{FEFF}" { #expect(message.map { Array($0.utf8) } == Array(text.utf8)) }
    }

    @Test("Every control character is escaped, and comes back", arguments: Array(UInt8(0)..<0x20) + [0x7F])
    func controlCharacters(byte: UInt8) throws {
        let text = "a" + String(UnicodeScalar(byte)) + "b"
        let body = Sales.of(PosSale.Item(id: 1, message: text)).body()
        #expect(!body.contains { $0 < 0x20 || $0 == 0x7F })
        #expect(try JSONValue(parsing: body)["items"]?.array?.first?["message"]?.string == text)
        let theirs = try independently(body)["items"] as? [[String: Any]]
        #expect(theirs?.first?["message"] as? String == text)
    }

    @Test("Every Unicode scalar survives the way there and back")
    func everyScalar() throws {
        let scalars = (UInt32(0)...0x10FFFF).lazy.compactMap(Unicode.Scalar.init)
        var message = String.UnicodeScalarView()
        message.append(contentsOf: scalars)
        let body = Sales.of(PosSale.Item(id: 1, message: String(message))).body()
        let read = try JSONValue(parsing: body)["items"]?.array?.first?["message"]?.string
        #expect(read.map { Array($0.utf8) == Array(String(message).utf8) } == true)
    }

    @Test("A message of 10 kB arrives whole", arguments: ["x", "\"", "🎁", "é", "\n"])
    func longMessage(unit: String) throws {
        let text = String(repeating: unit, count: 10_240 / unit.utf8.count)
        #expect(text.utf8.count == 10_240)
        let body = Sales.of(PosSale.Item(id: 1, message: text)).body()
        #expect(try JSONValue(parsing: body)["items"]?.array?.first?["message"]?.string == text)
        let theirs = try independently(body)["items"] as? [[String: Any]]
        #expect(theirs?.first?["message"] as? String == text)
    }

    @Test(
        "A price is the literal that the shop inserted, from column to wire",
        arguments: [
            "0.10", "33.3", "1000", "64.35", "100.00", "100.10", "0.01", "99999999.99", "1.0", "0.1", "0.07", "1.005",
            "12345678901234567890.12",
        ])
    func priceIsItsLiteral(literal: String) throws {
        let items = try PosSale.Item.items(json: #"[{"id": 1, "price": \#(literal)}]"#.utf8, assignedCodes: [])
        #expect(items.first?.price?.text == literal)
        var sale = try Sales.short()
        sale.items = items
        let body = sale.body()
        #expect(String(decoding: body, as: UTF8.self).contains(#"{"id":1,"price":\#(literal)}"#))
        #expect(try JSONValue(parsing: body)["items"]?.array?.first?["price"]?.numberLiteral == literal)
        let theirs = try independently(body)["items"] as? [[String: Any]]
        let price = try #require(theirs?.first?["price"] as? NSNumber)
        let expected = try #require(Double(literal))
        #expect(abs(price.doubleValue - expected) <= expected.ulp)
    }

    @Test(
        "What is no plain decimal is no price",
        arguments: [
            "", ".", "1.", ".5", "-1", "+1", "01", "00.5", "1e2", "1E2", "1,5", "1 ", " 1", "1.2.3", "NaN", "inf",
            "0x10",
            "١", "1\u{301}", "1_000", "1\0",
        ])
    func noPrice(text: String) {
        #expect(DecimalLiteral(text) == nil)
    }
}

/// Sales that the tests start from.
enum Sales {
    /// The vendor's full example request, from the values of a row: `items` as the column has it.
    static func full() throws -> PosSale {
        let items = #"""
            [{"id": 1, "to": "Recipient #1", "code": "EXAMPLECODE1", "from": "Sender", "price": 100.00,
              "message": "Here is an example voucher for you to enjoy!"},
             {"id": 1, "to": "Sender", "code": "EXAMPLECODE2", "from": "Recipient #2", "price": 100.00,
              "message": "Here is an example voucher for you to enjoy!"}]
            """#
        return PosSale(
            items: try PosSale.Item.items(json: items.utf8, assignedCodes: []),
            customer: PosSale.Customer(
                email: "customer@example.com",
                address: PosSale.Address(
                    firstName: "John", lastName: "Smith", address1: "Bank Chambers", address2: "High Street",
                    postcode: "NP11 4EY", town: "Newbridge", county: "Newport")),
            delivery: PosSale.Delivery(method: 1, email: "recipient@example.com"),
            paymentMethod: 1,
            orderID: "123")
    }

    /// The vendor's short example request.
    static func short() throws -> PosSale {
        PosSale(
            items: try PosSale.Item.items(json: #"[{"id": 1, "price": 100.00}]"#.utf8, assignedCodes: []),
            customer: PosSale.Customer(email: "customer@example.com"),
            delivery: PosSale.Delivery(method: 1, email: "recipient@example.com"),
            paymentMethod: 1,
            orderID: nil)
    }

    /// One item, everything else the shortest.
    static func of(_ items: PosSale.Item..., orderID: String? = nil) -> PosSale {
        PosSale(
            items: items, customer: PosSale.Customer(email: "c@example.com"), delivery: PosSale.Delivery(method: 1),
            paymentMethod: 1, orderID: orderID)
    }
}

/// A JSON text read by Foundation, which shares nothing with the parser and writer under test.
func independently(_ bytes: [UInt8]) throws -> NSDictionary {
    guard let object = try JSONSerialization.jsonObject(with: Data(bytes)) as? NSDictionary else {
        throw NotAnObject()
    }
    return object
}

struct NotAnObject: Error {}
