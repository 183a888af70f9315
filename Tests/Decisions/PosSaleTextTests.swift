import Foundation
import SmartGift
import Testing

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
