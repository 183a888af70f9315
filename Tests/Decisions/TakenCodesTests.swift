import Testing

@testable import SmartGift

/// A refusal about codes: proof of a sale, no evidence, or unclear.
@Suite("Codes that are taken")
struct TakenCodesTests {
    static let both = SentCodes(codes: ["OWNA", "OWNB"], assigned: [0, 1])
    static let one = SentCodes(codes: ["OWNA"], assigned: [0])
    /// The first code is the shop's.
    static let mixed = SentCodes(codes: ["SHOPA", "OWNB"], assigned: [1])
    static let shops = SentCodes(codes: ["SHOPA", "SHOPB"], assigned: [])
    static let half = SentCodes(codes: [nil, "OWNB"], assigned: [1])

    static func kind(_ errors: String, _ sent: SentCodes, message: String = "Invalid.", words: [String]? = nil)
        -> String
    {
        let body = Array(#"{"message":"\#(message)","errors":\#(errors)}"#.utf8)
        let answer = VendorAnswer.response(VendorResponse(status: 422, body: body))
        return EvidenceTests.kind(Evidence(answer, sent: sent, takenWords: words ?? Refusal.wordsForTaken))
    }

    static let orders: [(String, SentCodes, String)] = [
        // Every assigned code is taken, whatever else is refused.
        (#"{"items.0.code":["TAKEN"],"items.1.code":["TAKEN"]}"#, both, "all taken"),
        (#"{"items.0.code":["TAKEN"],"items.1.code":["TAKEN"],"customer.email":["Bad."]}"#, both, "all taken"),
        (#"{"items.0.code":["TAKEN"]}"#, one, "all taken"), (#"{"items.1.code":["TAKEN"]}"#, mixed, "all taken"),
        (#"{"items.0.code":["TAKEN"],"items.1.code":["TAKEN"]}"#, mixed, "all taken"),
        (#"{"items.1.code":["TAKEN"]}"#, half, "all taken"),
        // Only some.
        (#"{"items.0.code":["TAKEN"]}"#, both, "taken [0]"), (#"{"items.1.code":["TAKEN"]}"#, both, "taken [1]"),
        (#"{"items.0.code":["TAKEN"],"items.1.code":["FORM"]}"#, both, "taken [0]"),
        (#"{"items.0.code":["TAKEN"],"items.1.code":["DOUBT"]}"#, both, "taken [0]"),
        (#"{"items.0.code":["TAKEN"],"items.1.code":[]}"#, both, "taken [0]"),
        // Unclear words for an assigned code, or for codes that are not named.
        (#"{"items.0.code":["DOUBT"]}"#, both, "taken []"), (#"{"items.0.code":[]}"#, one, "taken []"),
        (#"{"items.0.code":null}"#, one, "taken []"), (#"{"items.0.code":{"x":1}}"#, one, "taken []"),
        (#"{"items.0.code":[7,"TAKEN"]}"#, one, "taken []"), (#"{"items.0.code":["DOUBT","TAKEN"]}"#, one, "taken []"),
        (#"{"items.0.code":["FORM","TAKEN"]}"#, one, "taken []"),
        (#"{"items.*.code":["TAKEN"]}"#, one, "taken []"), (#"{"data.items.0.code":["TAKEN"]}"#, one, "taken []"),
        (#"{"code":["TAKEN"]}"#, one, "taken []"), (#"{"voucher_codes":["TAKEN"]}"#, one, "taken []"),
        (#"{"items.0.code.x":["TAKEN"]}"#, one, "taken []"), (#"{"items.x.code":["TAKEN"]}"#, one, "taken []"),
        (#"{"items":["TAKEN"]}"#, one, "taken []"), (#"{"items.0":["TAKEN"]}"#, one, "taken []"),
        (#"{"items.-1.code":["TAKEN"]}"#, one, "taken []"),
        // A code that was not sent: it answers another request.
        (#"{"items.0.code":["TAKEN"],"items.1.code":["TAKEN"]}"#, one, "taken [0]"),
        (#"{"items.0.code":["TAKEN"],"items.1.code":["TAKEN"]}"#, half, "taken [1]"),
        (#"{"items.2.code":["TAKEN"]}"#, both, "taken []"), (#"{"items.0.code":["DOUBT"]}"#, half, "taken []"),
        (#"{"items.99999999999999999999.code":["TAKEN"]}"#, both, "taken []"),
        // The first message counts.
        (#"{"items.0.code":["TAKEN","FORM"]}"#, one, "all taken"),
        (#"{"items.0.code":["TAKEN","DOUBT"]}"#, one, "all taken"),
        // Refused for another reason.
        (#"{"items.0.code":["FORM"]}"#, one, "refused"), (#"{"items.0.code":["FORM","FORM"]}"#, one, "refused"),
        (#"{"items.9.code":["FORM"]}"#, one, "refused"), (#"{"items.0.code":["TAKEN"]}"#, mixed, "refused"),
        (#"{"items.0.code":["DOUBT"]}"#, mixed, "refused"), (#"{"items.0.id":["TAKEN"]}"#, one, "refused"),
        (#"{"order_id":["TAKEN"]}"#, one, "refused"), (#"{"customer.email":["TAKEN"]}"#, one, "refused"),
        (#"{"customer.postcode":["DOUBT"]}"#, one, "refused"), (#"{"items":["FORM"]}"#, one, "refused"),
        (#"{"items.0":["Does not exist."]}"#, one, "refused"), ("{}", one, "refused"), ("[]", one, "refused"),
        // Without assigned codes nothing is proven, and nothing can be looked up.
        (#"{"items.0.code":["TAKEN"],"items.1.code":["TAKEN"]}"#, shops, "refused"),
        (#"{"items.0.code":["DOUBT"]}"#, shops, "refused"), (#"{"code":["TAKEN"]}"#, shops, "refused"),
        (#"{"items.7.code":["TAKEN"]}"#, shops, "refused"),
        // Other ways to write the path.
        (#"{"items[0].code":["TAKEN"]}"#, one, "all taken"), (#"{"items[0][code]":["TAKEN"]}"#, one, "all taken"),
        (#"{"items":{"0":{"code":["TAKEN"]}}}"#, one, "all taken"),
        (#"{"items":[{"code":["TAKEN"]}]}"#, one, "all taken"),
        (#"{"items.0.code":"TAKEN"}"#, one, "all taken"),
    ]

    @Test("Whose codes are taken, and whether all of them, decides", arguments: orders)
    func decision(errors: String, sent: SentCodes, kind: String) {
        let errors = errors.replacing("TAKEN", with: "The code has already been taken.")
            .replacing("FORM", with: "The code may not be greater than 20 characters.")
            .replacing("DOUBT", with: "The selected code is invalid.")
        #expect(Self.kind(errors, sent) == kind)
    }

    @Test(
        "Words that say taken",
        arguments: [
            "The items.0.code has already been taken.", "already taken", "This code is already in use",
            "Code must be unique.", "A voucher with this code exists.", "A voucher with this code already exists!",
            "DUPLICATE code", "The code TAKEN", "This code must be unique and only contain alphanumeric characters",
            "The code is not unique.", "This code isn’t unique", "Code in use, please try another code.",
            "This code is already in use and cannot be used again.", "Another voucher has taken this code.",
            "Duplicate entry for key vouchers_code_unique", "voucher no has already been taken",
        ])
    func taken(words: String) {
        #expect(Self.kind(#"{"items.0.code":["\#(words)"]}"#, Self.one) == "all taken")
    }

    @Test(
        "Words that do not clearly say so",
        arguments: [
            "The selected code is invalid.", "is refused", "", "Bad code", "No.",
            // The vendor does not know.
            "We could not check whether the code is already in use.", "Unable to check if the code is unique.",
            "Checking for duplicate codes", "Uniqueness check failed", "Code already being processed",
            "The unique code service is temporarily unavailable", "It may already be taken", "already in use?",
            "This code already exists, perhaps", "Could not verify the code format", "Try later: code table in use",
            "A sale with this code is already in progress", "The code is already reserved", "Code lock already held",
            "The code limit has already been reached.", "The code is invalid or already taken.",
            "The code has already expired",
            // It says the opposite.
            "This code does not exist.", "The code doesn't exist", "The code doesn’t exist", "The code is not in use.",
            "The code is not taken", "The code has not been taken", "No such code exists", "It no longer exists",
            "The code must exist", "a non-existing code", "You are mistaken", "isn't already taken",
            "No voucher exists",
            // It says two things, or it is Laravel's rule about values within one request.
            "The code must be unique and at most 10 characters.", "Code twice in the request: duplicate",
            "Duplicate characters in the code", "The code must have unique characters",
            "Too many attempts already, code kept",
            "The items.0.code field has a duplicate value.",
        ])
    func unclear(words: String) {
        #expect(Self.kind(#"{"items.0.code":["\#(words)"]}"#, Self.one) == "taken []")
    }

    @Test(
        "Complaints about a code's form are an ordinary refusal",
        arguments: [
            "The code may not be greater than 20 characters.", "The code may only contain letters and numbers.",
            "The code must only contain alphanumeric characters",
            "The code format is invalid.".replacing("invalid", with: "wrong"),
            "The code must be at least 8 characters.", "The code must be between 6 and 12 characters.",
            "The items.0.code field must be a string.", "Code is too long", "Lowercase letters only",
        ])
    func form(words: String) {
        #expect(Self.kind(#"{"items.0.code":["\#(words)"]}"#, Self.one) == "refused")
    }

    @Test(
        "The summary counts where no field speaks of codes",
        arguments: [
            ("The code has already been taken.", "{}", "taken []"),
            ("The code could not be checked.", "[]", "taken []"),
            ("Voucher code refused", "null", "taken []"), ("x", #"["The code is already taken."]"#, "taken []"),
            ("Duplicate codes.", #"{"order":["Bad."]}"#, "taken []"),
            ("The code is too long.", "{}", "refused"),
            // The summary repeats what a field says that is no code.
            (
                "This voucher code does not exist. (and 1 more error)",
                #"{"items.0.id":["This voucher code does not exist."]}"#, "refused"
            ),
            ("This voucher code does not exist.", #"{"items.0.id":[""]}"#, "taken []"),
            ("The post code is unknown.", "{}", "refused"),
            ("Error code 17", "{}", "refused"), ("The order id has already been taken.", "{}", "refused"),
            ("The items.0.code is too long. (and 1 more error)", #"{"items.0.code":["Too long."]}"#, "refused"),
            ("The postcode is taken.", "{}", "refused"), ("", "{}", "refused"),
        ])
    func summary(message: String, errors: String, kind: String) {
        #expect(Self.kind(errors, Self.one, message: message) == kind)
    }

    @Test("The operator's words replace the list, and a doubt within such a word is none")
    func operatorsWords() {
        func kind(_ message: String, _ words: [String]) -> String {
            Self.kind(#"{"items.0.code":["\#(message)"]}"#, Self.one, words: words)
        }
        #expect(kind("Code bereits VERGEBEN", ["vergeben"]) == "all taken")
        #expect(kind("The code has already been taken.", ["vergeben"]) == "taken []")
        #expect(kind("This code could not be sold twice", ["could not be sold twice"]) == "all taken")
        #expect(kind("The code is not available", ["not available"]) == "all taken")
        #expect(kind("The code is not available, could not check", ["not available"]) == "taken []")
    }

    @Test("The sentence names positions, and neither a code nor the vendor's words")
    func sentences() {
        func sentence(_ errors: String, _ sent: SentCodes) -> String? {
            let body = Array(#"{"errors":\#(errors)}"#.utf8)
            guard
                case .partlyTaken(_, let sentence) = Evidence(
                    .response(VendorResponse(status: 409, body: body)), sent: sent)
            else { return nil }
            return sentence
        }
        #expect(
            sentence(#"{"items.1.code":["OWNB is already taken"]}"#, Self.both)
                == "The vendor says that items.1.code is taken (HTTP 409), and does not say it of items.0.code.")
        #expect(
            sentence(#"{"items.0.code":["taken"],"items.5.code":["taken"]}"#, Self.one)
                == "The vendor says that items.0.code is taken (HTTP 409), and names a code that was not sent.")
        let many = SentCodes(codes: (0..<100).map { "C\($0)" }, assigned: Set(0..<100))
        let long = sentence(#"{"items.99.code":["taken"]}"#, many)
        #expect(long?.hasSuffix("items.18.code, items.19.code, ….") == true)
    }

    @Test("A refusal of every one of many codes is read at once")
    func manyCodes() {
        let sent = SentCodes(codes: (0..<100).map { "CODE\($0)" }, assigned: Set(0..<100))
        let errors = (0..<100).map { #""items.\#($0).code":["The items.\#($0).code has already been taken."]"# }
        #expect(Self.kind("{\(errors.joined(separator: ","))}", sent) == "all taken")
        #expect(Self.kind("{\(errors.dropLast().joined(separator: ","))}", sent).hasPrefix("taken [0, 1,"))
    }
}
