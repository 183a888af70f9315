import Testing

@testable import SmartGift

/// The vendor's 422 and other refusals: the words for the shop, and whether they say that a code is taken.
@Suite("Refusal")
struct RefusalTests {
    static func refusal(_ body: String, status: Int = 422) -> Refusal {
        Refusal(status: status, body: Array(body.utf8))
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
            (#"{"message":"Invalid.","errors":{"a":{"deep":1}}}"#, "a: is refused"),
            (#"{"message":"Invalid.","errors":{"a":[7,"One."]}}"#, "a: is refused"),
            (#"{"message":"Invalid.","errors":{}}"#, "Invalid."), (#"{"message":"Invalid.","errors":[]}"#, "Invalid."),
            (#"{"message":"Invalid.","errors":null}"#, "Invalid."),
            (#"{"message":"Voucher not active"}"#, "Voucher not active"),
            (#"{"message":"é \ud83c\udf81"}"#, "é 🎁"),
        ])
    func sentence(body: String, sentence: String) {
        #expect(Self.refusal(body).sentence == sentence)
    }

    @Test(
        "A refusal without readable words is still one, and says so with its status",
        arguments: [
            "", "<html>", "[]", "null", "{}", #"{"message":""}"#, #"{"message":7}"#, #"{"message":"cut"#, "\u{FF}",
        ])
    func wordless(body: String) {
        #expect(
            Self.refusal(body, status: 413).sentence == "The vendor refused the order with HTTP 413 and gave no reason."
        )
        #expect(Self.refusal(body).takenCodes() == [])
    }

    @Test(
        "A code that is taken is recognised by path and words",
        arguments: [
            (#"{"items.0.code":["The items.0.code has already been taken."]}"#, [0]),
            (#"{"items[0].code":["The code has already been taken."]}"#, [0]),
            (#"{"items[7][code]":["already taken"]}"#, [7]),
            (#"{"items.12.code":"This code is already in use"}"#, [12]),
            (
                #"{"items.0.code":["Code must be unique."],"items.2.code":["A voucher with this code exists."]}"#,
                [0, 2]
            ),
            (#"{"items.1.code":["DUPLICATE code"]}"#, [1]),
            (#"{"items.0.code":["The code TAKEN"],"customer.email":["Invalid."]}"#, [0]),
            (#"{"items.99.code":["This code must be unique and only contain alphanumeric characters"]}"#, [99]),
        ] as [(String, Set<Int>)])
    func taken(errors: String, positions: Set<Int>) {
        #expect(Self.refusal(#"{"message":"Invalid.","errors":\#(errors)}"#).takenCodes() == positions)
    }

    @Test(
        "Any other refusal proves nothing about a sale",
        arguments: [
            // Another reason for a code.
            #"{"items.0.code":["The code may not be greater than 20 characters."]}"#,
            #"{"items.0.code":["The code may only contain letters and numbers."]}"#,
            #"{"items.0.code":["The selected code is invalid."]}"#,
            #"{"items.0.code":["The code format is invalid."]}"#,
            #"{"items.0.code":["This code does not exist."]}"#, #"{"items.0.code":["The code doesn't exist"]}"#,
            #"{"items.0.code":["The code is not in use."]}"#, #"{"items.0.code":[]}"#, #"{"items.0.code":null}"#,
            #"{"items.0.code":["Too long.","The code has already been taken."]}"#,
            // Another field.
            #"{"items.0.id":["already taken"]}"#, #"{"order_id":["The order id has already been taken."]}"#,
            #"{"items":["Duplicate items."]}"#, #"{"code":["already taken"]}"#, #"{"items.code":["already taken"]}"#,
            #"{"items.0":["already taken"]}"#, #"{"items.0.code.x":["already taken"]}"#,
            #"{"items.x.code":["already taken"]}"#,
            #"{"items.*.code":["already taken"]}"#, #"{"data.items.0.code":["already taken"]}"#,
            #"{"item.0.code":["already taken"]}"#,
            #"{"customer.email":["already exists"]}"#, #"{"items.99999999999999999999.code":["already taken"]}"#, "{}",
            "[]",
        ])
    func notTaken(errors: String) {
        #expect(Self.refusal(#"{"message":"The code has already been taken.","errors":\#(errors)}"#).takenCodes() == [])
    }

    @Test("A message alone, without a field, does not say which code is taken")
    func messageAlone() {
        #expect(Self.refusal(#"{"message":"The code has already been taken."}"#).takenCodes() == [])
    }
}
