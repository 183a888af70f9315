import Testing

@testable import SmartGift

/// What passes for a receipt, and what does not: a reference, read tolerantly, and one code per item, read strictly.
@Suite("Receipt")
struct ReceiptTests {
    @Test(
        "A receipt is read, with whatever else the vendor adds",
        arguments: [
            (#"{"message":"Order processed successfully!","order_reference":"R","voucher_codes":["A","B"]}"#, "R"),
            (#"{"voucher_codes":["A","B"],"order_reference":"R"}"#, "R"),
            (#" {"order_reference":"R","voucher_codes":["A","B"],"extra":{"a":[1]}}\#n"#, "R"),
            (#"{"order_reference":12345,"voucher_codes":["A","B"]}"#, "12345"),
            // The company's id stands before the reference, as the vendor's page says.
            (#"{"order_reference":"ACME-7","voucher_codes":["A","B"]}"#, "ACME-7"),
            // The prose of the page calls it order_id, and an older page has answers below `data`.
            (#"{"order_id":"ACME-7","voucher_codes":["A","B"]}"#, "ACME-7"),
            (#"{"order_id":7,"voucher_codes":["A","B"]}"#, "7"),
            (#"{"data":{"order_reference":"R","voucher_codes":["A","B"]}}"#, "R"),
            (#"{"data":{"order_id":12,"voucher_codes":["A","B"]},"message":"ok"}"#, "12"),
            (#"{"order_reference":"R","data":{"voucher_codes":["A","B"]}}"#, "R"),
            (#"{"order_reference":"R","data":{"order_reference":"R","voucher_codes":["A","B"]}}"#, "R"),
            (#"{"order_reference":"R","data":[],"voucher_codes":["A","B"]}"#, "R"),
            (#"{"order_reference":null,"order_id":"R","voucher_codes":["A","B"]}"#, "R"),
            // Ours beside the vendor's: its order_reference is the reference.
            (#"{"order_id":"7","order_reference":"ACME-7","voucher_codes":["A","B"]}"#, "ACME-7"),
            (#"{"order_reference":"\u00e9\"\ud83c\udf81","voucher_codes":["\u0041","B"]}"#, "é\"🎁"),
            // Of a repeated name the last one counts.
            (#"{"order_reference":"X","order_reference":"R","voucher_codes":[],"voucher_codes":["A","B"]}"#, "R"),
        ])
    func isRead(json: String, reference: String) {
        let receipt = Receipt(body: Array(json.utf8), items: 2)
        #expect(receipt == Receipt(orderReference: reference, voucherCodes: ["A", "B"]))
    }

    @Test(
        "What is not surely the receipt of an order of two items is none",
        arguments: [
            "", " ", "null", "[]", "{}", "true", "OK", "<html></html>", #""R""#, "\u{FEFF}{}",
            // The reference is missing, empty, or no text.
            #"{"voucher_codes":["A","B"]}"#, #"{"order_reference":null,"voucher_codes":["A","B"]}"#,
            #"{"order_reference":"","voucher_codes":["A","B"]}"#,
            #"{"order_reference":true,"voucher_codes":["A","B"]}"#,
            #"{"order_reference":["R"],"voucher_codes":["A","B"]}"#,
            #"{"order_reference":{"id":1},"voucher_codes":["A","B"]}"#,
            #"{"order_reference":"R\u0000","voucher_codes":["A","B"]}"#,
            #"{"order_reference":" ","voucher_codes":["A","B"]}"#, #"{"order_reference":-7,"voucher_codes":["A","B"]}"#,
            #"{"order_reference":1.5,"voucher_codes":["A","B"]}"#, #"{"order_id":"","voucher_codes":["A","B"]}"#,
            #"{"reference":"R","voucher_codes":["A","B"]}"#,
            // Two that differ are not guessed at.
            #"{"order_reference":"R","data":{"order_reference":"S","voucher_codes":["A","B"]}}"#,
            #"{"order_id":"R","data":{"order_id":"S","voucher_codes":["A","B"]}}"#,
            #"{"order_reference":"R","voucher_codes":["A","B"],"data":{"voucher_codes":["B","A"]}}"#,
            #"{"order_reference":"R","voucher_codes":["A"],"data":{"voucher_codes":["A","B"]}}"#,
            #"{"order_reference":"","order_id":"R","voucher_codes":["A","B"]}"#,
            // The codes are missing, too few, too many, or no texts.
            #"{"order_reference":"R"}"#, #"{"order_reference":"R","voucher_codes":null}"#,
            #"{"order_reference":"R","voucher_codes":[]}"#, #"{"order_reference":"R","voucher_codes":["A"]}"#,
            #"{"order_reference":"R","voucher_codes":["A","B","C"]}"#,
            #"{"order_reference":"R","voucher_codes":"A,B"}"#,
            #"{"order_reference":"R","voucher_codes":{"0":"A","1":"B"}}"#,
            #"{"order_reference":"R","voucher_codes":["A",2]}"#,
            #"{"order_reference":"R","voucher_codes":["A",null]}"#,
            #"{"order_reference":"R","voucher_codes":["A",""]}"#,
            #"{"order_reference":"R","voucher_codes":["A",["B"]]}"#,
            #"{"order_reference":"R","voucher_codes":["A","\u0000"]}"#,
            #"{"order_reference":"R","voucher_codes":["A"," "]}"#,
            #"{"order_reference":"R","voucher_codes":["A","A"]}"#,
            #"{"order_reference":"R","voucher_codes":["A","B"],"voucher_codes":["A"]}"#,
            // The answer is not whole, or not one.
            #"{"order_reference":"R","voucher_codes":["A","B"]"#, #"{"order_reference":"R","voucher_codes":["A","B"#,
            #"{"order_reference":"R","voucher_codes":["A","B"]}{}"#,
            #"{"data":[{"order_reference":"R","voucher_codes":["A","B"]}]}"#,
            #"{"data":{"data":{"order_reference":"R","voucher_codes":["A","B"]}}}"#,
            #"<br/>Warning{"order_reference":"R","voucher_codes":["A","B"]}"#,
        ])
    func isNone(json: String) {
        #expect(Receipt(body: Array(json.utf8), items: 2) == nil)
        let response = VendorResponse(status: 200, body: Array(json.utf8))
        guard case .unclear = Evidence(.response(response), sent: SentCodes(codes: ["A", "B"], assigned: [])) else {
            Issue.record("a 200 with this is not unclear")
            return
        }
    }

    @Test("A receipt cut short anywhere is none")
    func cutShort() {
        let whole = Array(#"{"message":"ok","order_reference":"R","voucher_codes":["A","B"]}"#.utf8)
        for length in 0..<whole.count {
            #expect(Receipt(body: Array(whole.prefix(length)), items: 2) == nil)
        }
    }

    @Test("Bytes that are not UTF-8 are no receipt")
    func notUTF8() {
        let body = Array(#"{"order_reference":"R","voucher_codes":["A"#.utf8) + [0xC3] + Array(#""]}"#.utf8)
        #expect(Receipt(body: body, items: 1) == nil)
    }

    @Test("A reference or code beyond reason is none")
    func tooLong() {
        func body(_ reference: Int, _ code: Int) -> [UInt8] {
            let reference = String(repeating: "R", count: reference)
            return Array(
                #"{"order_reference":"\#(reference)","voucher_codes":["\#(String(repeating: "C", count: code))"]}"#.utf8
            )
        }
        #expect(Receipt(body: body(1000, 1000), items: 1) != nil)
        #expect(Receipt(body: body(1001, 1), items: 1) == nil)
        #expect(Receipt(body: body(1, 1001), items: 1) == nil)
    }

    @Test("Two megabytes beside the receipt are no hindrance")
    func huge() {
        let padding = String(repeating: "x", count: 2 << 20)
        let body = #"{"message":"\#(padding)","order_reference":"R","voucher_codes":["A"]}"#
        #expect(Receipt(body: Array(body.utf8), items: 1) == Receipt(orderReference: "R", voucherCodes: ["A"]))
    }

    @Test("Neither receipt nor endpoint tells its secrets when it is printed")
    func silent() {
        let receipt = Receipt(orderReference: "SECRETREF", voucherCodes: ["SECRETCODE", "SECRETCODE2"])
        #expect("\(receipt)" == "Receipt(2 voucher codes)")
        #expect(String(describing: receipt) == "Receipt(2 voucher codes)")
        #expect("\(Optional(receipt) as Any)".contains("SECRET") == false)
        #expect("\(Evidence.sold(receipt, .exact))".contains("SECRET") == false)
        let endpoint = VendorEndpoint(baseURL: "https://api.example", key: "sk_SECRET")
        #expect("\(endpoint)" == "https://api.example")
        #expect("\([endpoint])".contains("SECRET") == false)
        #expect(String(reflecting: receipt).contains("SECRET") == false)
        #expect(String(reflecting: endpoint).contains("SECRET") == false)
    }
}

/// The vendor's 422 and other refusals: the words for the shop.
@Suite("Refusal")
struct RefusalTests {
    static func refusal(_ body: String, status: Int = 422) throws -> Refusal {
        try #require(Refusal(status: status, body: Array(body.utf8)))
    }

    @Test(
        "The sentence is the vendor's words with the field; of several the first counts",
        arguments: [
            (
                #"{"message":"Invalid.","errors":{"customer.email":["Not an address.","Too long."]}}"#,
                "customer.email: Not an address."
            ),
            (#"{"message":"Invalid.","errors":{"b":["Two."],"a":["One."]}}"#, "a: One. b: Two."),
            (#"{"message":"Invalid.","errors":{"a":"One."}}"#, "a: One."),
            (#"{"message":"Invalid.","errors":{"a":[]}}"#, "a: is refused"),
            (#"{"message":"Invalid.","errors":{"a":{"deep":1}}}"#, "a.deep: is refused"),
            (#"{"message":"Invalid.","errors":{"a":{"0":{"b":["One."]}}}}"#, "a.0.b: One."),
            (#"{"message":"Invalid.","errors":{"a":[{"b":["One."]},{"c":"Two."}]}}"#, "a.0.b: One. a.1.c: Two."),
            (#"{"message":"Invalid.","errors":["One.","Two."]}"#, "One."),
            (#"{"message":"Invalid.","errors":{"a":[7,"One."]}}"#, "a: is refused"),
            (#"{"message":"Invalid.","errors":{}}"#, "Invalid."), (#"{"message":"Invalid.","errors":[]}"#, "Invalid."),
            (#"{"message":"Invalid.","errors":null}"#, "Invalid."),
            (#"{"message":"Voucher not active"}"#, "Voucher not active"),
            (#"{"message":"é \ud83c\udf81"}"#, "é 🎁"),
        ])
    func sentence(body: String, sentence: String) throws {
        #expect(try Self.refusal(body).sentence == sentence)
    }

    @Test(
        "A refusal without readable words is still one, and says so with its status",
        arguments: [
            "", "<html>", "[]", "null", "{}", #"{"message":""}"#, #"{"message":7}"#, #"["cut"#, "\u{FF}",
        ])
    func wordless(body: String) throws {
        #expect(
            try Self.refusal(body, status: 413).sentence
                == "The vendor refused the order with HTTP 413 and gave no reason.")
    }

    @Test(
        "A body that is a cut or damaged object is no refusal that could be read",
        arguments: ["{", " {", "\r\n\t{\"message\":\"cut", #"{"message":"x"}}"#, #"{"message":"\u{0}"}"#, "{]"])
    func damaged(body: String) {
        #expect(Refusal(status: 422, body: Array(body.utf8)) == nil)
    }

    @Test("Every message of a field is kept, the first one in front")
    func furtherMessages() throws {
        let refusal = try Self.refusal(#"{"errors":{"a":["One.","Two.",3],"b":"Only."}}"#)
        #expect(
            refusal.fields == [
                Refusal.Field(path: "a", message: "One.", further: ["Two.", "is refused"]),
                Refusal.Field(path: "b", message: "Only."),
            ])
    }
}
