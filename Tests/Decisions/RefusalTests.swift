import Testing

@testable import SmartGift

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
