import Testing

@testable import SmartGift

/// The table of docs/guarantees.md, "What an answer proves", row by row.
@Suite("Evidence")
struct EvidenceTests {
    /// Two items whose codes Giftbridge assigned.
    static let sent = SentCodes(codes: ["OWNA", "OWNB"], assigned: [0, 1])
    static let receipt = #"{"order_reference":"ACME-7","voucher_codes":["OWNA","OWNB"]}"#
    static let taken = #"{"message":"Invalid.","errors":{"items.0.code":["has already been taken."],"#
    static let allTaken = taken + #""items.1.code":["has already been taken."]}}"#
    static let oneTaken = taken + #""customer.email":["Invalid."]}}"#

    static func evidence(_ status: Int, _ body: String = "", sent: SentCodes = sent) -> Evidence {
        Evidence(.response(VendorResponse(status: status, body: Array(body.utf8))), sent: sent)
    }

    static func kind(_ evidence: Evidence) -> String {
        switch evidence {
        case .sold(_, let match): "sold \(match)"
        case .allTaken: "all taken"
        case .partlyTaken(let positions, _): "taken \(positions.sorted())"
        case .refused: "refused"
        case .throttled: "throttled"
        case .misconfigured: "misconfigured"
        case .unreachable: "unreachable"
        case .notSent: "not sent"
        case .unclear: "unclear"
        }
    }

    /// The whole of 100 to 599, in ranges without gaps.
    static let partition: [(ClosedRange<Int>, String)] = [
        (100...199, "unclear"), (200...299, "sold exact"), (300...399, "misconfigured"), (400...400, "refused"),
        (401...407, "misconfigured"), (408...409, "unclear"), (410...411, "misconfigured"), (412...414, "refused"),
        (415...415, "misconfigured"), (416...420, "refused"), (421...421, "misconfigured"), (422...424, "refused"),
        (425...425, "unclear"), (426...426, "misconfigured"), (427...428, "refused"), (429...429, "throttled"),
        (430...451, "refused"), (452...599, "unclear"),
    ]

    @Test("Every status from 100 to 599 has its row, with a good receipt as the body")
    func everyStatus() {
        #expect(Self.partition.flatMap { Array($0.0) } == Array(100...599))
        for (statuses, expected) in Self.partition {
            for status in statuses {
                #expect(Self.kind(Self.evidence(status, Self.receipt)) == expected, "HTTP \(status)")
            }
        }
    }

    @Test("Codes that are all taken prove a sale in every refusal, also 408, 409 and 425, and in nothing else")
    func everyStatusWithTakenCodes() {
        for (statuses, plain) in Self.partition {
            for status in statuses {
                let isRefusal = plain == "refused" || [408, 409, 425].contains(status)
                let other = plain.hasPrefix("sold") ? "unclear" : plain
                #expect(Self.kind(Self.evidence(status, Self.allTaken)) == (isRefusal ? "all taken" : other))
                #expect(Self.kind(Self.evidence(status, Self.oneTaken)) == (isRefusal ? "taken [0]" : other))
            }
        }
    }

    @Test("A conflict without taken codes says nothing", arguments: [408, 409, 425])
    func conflict(status: Int) {
        for body in [
            "", "<html>", #"{"message":"Conflict"}"#, #"{"errors":{"customer.email":["Invalid."]}}"#,
            #"{"errors":{"items.0.code":["The code could not be checked."]}}"#, #"{"errors":{"items.0.code":["has alr"#,
        ] {
            #expect(Self.kind(Self.evidence(status, body)) == "unclear", "\(body)")
        }
        let noCodes = SentCodes(codes: ["SHOPA", nil], assigned: [])
        #expect(Self.kind(Self.evidence(status, Self.allTaken, sent: noCodes)) == "unclear")
    }

    @Test("Without a body nothing is sold", arguments: 100..<600)
    func withoutBody(status: Int) {
        let kind = Self.kind(Self.evidence(status))
        #expect((200..<300).contains(status) ? kind == "unclear" : !kind.hasPrefix("sold"))
    }

    @Test("A status that HTTP does not have is unclear", arguments: [Int.min, -1, 0, 1, 99, 600, 999, Int.max])
    func noStatus(status: Int) {
        #expect(Self.kind(Self.evidence(status, Self.receipt)) == "unclear")
        #expect(Self.kind(Self.evidence(status, Self.allTaken)) == "unclear")
    }

    /// Codes sent, codes answered, and what that is; the codes as the items get them.
    static let answers: [([String?], [String], String, [String])] = [
        (["OWNA", "OWNB"], ["OWNA", "OWNB"], "sold exact", ["OWNA", "OWNB"]),
        (["OWNA", "OWNB"], ["OWNB", "OWNA"], "sold exact", ["OWNA", "OWNB"]),
        (["A", "B", "C"], ["C", "A", "B"], "sold exact", ["A", "B", "C"]),
        // Spelled otherwise: the vendor's spelling stays, at the right item.
        (["OWNA", "OWNB"], ["owna", "ownb"], "sold respelled", ["owna", "ownb"]),
        (["OWNA", "OWNB"], [" OWNB", "OWNA"], "sold respelled", ["OWNA", " OWNB"]),
        (["OWNA", "OWNB"], ["OW NB", "ow-na"], "sold respelled", ["ow-na", "OW NB"]),
        (["OWNA", nil], ["X", "owna"], "sold respelled", ["owna", "X"]),
        // Codes that were not sent.
        (["OWNA", "OWNB"], ["X", "Y"], "sold unknown", ["X", "Y"]),
        (["OWNA", "OWNB"], ["OWNA", "Y"], "sold unknown", ["OWNA", "Y"]),
        (["OWNA", "OWNB"], ["X", "OWNA"], "sold unknown", ["OWNA", "X"]),
        (["OWNA", "OWNB"], ["OWN", "OWNB"], "sold unknown", ["OWN", "OWNB"]),
        (["OWNA", "OWNB"], ["OWNAA", "OWNB"], "sold unknown", ["OWNAA", "OWNB"]),
        (["OWNA", "OWNB"], ["OWNB", "owna1"], "sold unknown", ["owna1", "OWNB"]),
        (["OWNA", nil], ["X", "Y"], "sold unknown", ["X", "Y"]),
        // U+212A, the sign of Kelvin: Swift calls it equal to K.
        (["K", "B"], ["\u{212A}", "B"], "sold unknown", ["\u{212A}", "B"]),
        (["OWNA", "OWNB"], ["OWNA\u{301}", "OWNB"], "sold unknown", ["OWNA\u{301}", "OWNB"]),
        // Items without a code get what is left, in the answer's order.
        ([nil, nil], ["X", "Y"], "sold unstipulated", ["X", "Y"]),
        ([nil, "OWNB"], ["OWNB", "X"], "sold unstipulated", ["X", "OWNB"]),
        ([nil, "B", nil], ["Y", "X", "B"], "sold unstipulated", ["Y", "B", "X"]),
        // A shop's codes that differ in their spelling alone can come back as they were, and in no other way.
        (["ab", "AB"], ["AB", "ab"], "sold exact", ["ab", "AB"]),
        (["ab", "AB"], ["aB", "Ab"], "unclear", []), (["AB", nil], ["ab", "A-B"], "unclear", []),
        // Too few, too many, one twice.
        (["OWNA", "OWNB"], ["OWNA"], "unclear", []), (["OWNA"], ["OWNA", "OWNB"], "unclear", []),
        (["OWNA", "OWNB"], ["OWNA", "OWNA"], "unclear", []), ([nil, nil], ["X", "X"], "unclear", []),
        (["OWNA", "OWNB"], ["OWNA", ""], "unclear", []), (["OWNA", "OWNB"], ["OWNA", "\\u0000"], "unclear", []),
    ]

    @Test("The answer's codes are compared with those that were sent, and each item gets its own", arguments: answers)
    func codes(sent: [String?], answered: [String], kind: String, items: [String]) {
        let list = answered.map { "\"\($0)\"" }.joined(separator: ",")
        let evidence = Self.evidence(
            200, #"{"order_reference":"ACME-7","voucher_codes":[\#(list)]}"#,
            sent: SentCodes(codes: sent, assigned: [0]))
        #expect(Self.kind(evidence) == kind)
        if case .sold(let receipt, _) = evidence {
            #expect(receipt.orderReference == "ACME-7")
            #expect(receipt.voucherCodes.map { Array($0.utf8) } == items.map { Array($0.utf8) })
        }
    }

    @Test("An answer that was cut off is unclear, even where what came reads well", arguments: [200, 400, 409, 422])
    func truncated(status: Int) {
        for body in [Self.receipt, Self.allTaken, #"{"message":"Invalid."}"#] {
            let response = VendorResponse(status: status, body: Array(body.utf8), isTruncated: true)
            #expect(Self.kind(Evidence(.response(response), sent: Self.sent)) == "unclear")
        }
    }

    @Test("A refusal cut short anywhere is unclear, and never proof")
    func cutShort() {
        let whole = Array(Self.allTaken.utf8)
        for length in 1..<whole.count {
            let response = VendorResponse(status: 422, body: Array(whole.prefix(length)))
            #expect(Self.kind(Evidence(.response(response), sent: Self.sent)) == "unclear", "\(length) bytes")
        }
    }

    @Test(
        "A redirect is the set-up's fault, and its target is named for who corrects it",
        arguments: [300, 301, 302, 303, 304, 307, 308])
    func redirects(status: Int) {
        let location = "https://elsewhere.example/pos-sale?to=ann@example.com#x"
        let response = VendorResponse(status: status, location: location)
        guard case .misconfigured(let reason) = Evidence(.response(response), sent: Self.sent) else {
            Issue.record("not misconfigured")
            return
        }
        #expect(reason.contains("https://elsewhere.example/pos-sale") && reason.contains("HTTP \(status)"))
        #expect(!reason.contains("ann@example.com"), "a query may repeat what was sent")
        #expect(Self.kind(Self.evidence(status)) == "misconfigured", "without Location too")
    }

    @Test(
        "Wrong key and wrong address name what to check",
        arguments: [(401, "key"), (403, "key"), (404, "URL"), (405, "URL"), (410, "URL"), (407, "URL")])
    func setUp(status: Int, word: String) {
        guard case .misconfigured(let reason) = Self.evidence(status, #"{"message":"Unauthenticated."}"#) else {
            Issue.record("not misconfigured")
            return
        }
        #expect(reason.contains(word) && reason.contains("HTTP \(status)"))
    }

    @Test(
        "429 waits as long as the vendor says, if it says",
        arguments: [nil, .zero, .seconds(17), .seconds(3600)] as [Duration?])
    func throttled(retryAfter: Duration?) {
        let response = VendorResponse(status: 429, body: Array(Self.receipt.utf8), retryAfter: retryAfter)
        #expect(Evidence(.response(response), sent: Self.sent) == .throttled(retryAfter: retryAfter))
    }

    @Test("A 422 refuses with the vendor's words, a 400 without words refuses too")
    func refused() {
        #expect(
            Self.evidence(422, #"{"message":"Invalid.","errors":{"customer.email":["No address.","Second"]}}"#)
                == .refused(
                    Refusal(
                        status: 422, message: "Invalid.",
                        fields: [Refusal.Field(path: "customer.email", message: "No address.", further: ["Second"])])))
        #expect(Self.evidence(400, "<html>") == .refused(Refusal(status: 400, message: "", fields: [])))
    }

    static let noAnswers: [(VendorAnswer.NoResponse, Evidence)] = [
        (.lost("r"), .unclear(reason: "r")), (.notSent(.ended("r")), .notSent(reason: "r")),
        (.notSent(.unreachable("r")), .unreachable(reason: "r", isLocal: false)),
        (.notSent(.local("r")), .unreachable(reason: "r", isLocal: true)),
    ]

    @Test("Without an answer it counts whether the request may have left, and why not", arguments: noAnswers)
    func noAnswer(answer: VendorAnswer.NoResponse, evidence: Evidence) {
        #expect(Evidence(.noResponse(answer), sent: Self.sent) == evidence)
    }

    @Test("Neither the codes that were sent nor those that came are printed")
    func silent() {
        let sent = SentCodes(codes: ["SECRETA", nil], assigned: [0, 1])
        #expect("\(sent)" == "SentCodes(2 items, 1 codes, 1 assigned)")
        let body = #"{"order_reference":"SECRETREF","voucher_codes":["SECRETA","SECRETB"]}"#
        let refusal = #"{"message":"SECRETA","errors":{"items.0.code":["SECRETA is taken"],"SECRETA.code":["x"]}}"#
        for evidence in [
            Self.evidence(200, body, sent: sent), Self.evidence(200, body), Self.evidence(422, refusal, sent: sent),
            Self.evidence(422, refusal), Self.evidence(400, #"{"message":"SECRETA"}"#),
        ] {
            #expect(!"\(evidence)".contains("SECRET"))
        }
    }
}

/// What `POST /redeem/check` proves about one code.
@Suite("Look-up evidence")
struct LookupEvidenceTests {
    static func kind(_ evidence: LookupEvidence) -> String {
        switch evidence {
        case .exists: "exists"
        case .doesNotExist: "does not exist"
        case .siteRefused: "site refused"
        case .throttled: "throttled"
        case .misconfigured: "misconfigured"
        case .unreachable: "unreachable"
        case .unclear: "unclear"
        }
    }

    static func evidence(_ status: Int, _ body: String, isTruncated: Bool = false) -> LookupEvidence {
        let response = VendorResponse(status: status, body: Array(body.utf8), isTruncated: isTruncated)
        return LookupEvidence(.response(response), code: "OWNA7")
    }

    static let unknown = #"{"message":"x","errors":{"voucher_no":["The selected voucher no is invalid."]}}"#

    static let cases: [(Int, String, String)] = [
        (200, #"{"data":{"voucher_no":"OWNA7","value":"10.00"}}"#, "exists"), (200, #"{"data":{"id":7}}"#, "exists"),
        (200, #"{"data":{"voucher_no":"owna 7"}}"#, "exists"), (200, #"{"data":[{"voucher_no":"OWNA7"}]}"#, "exists"),
        (200, #"{"data":{"code":"type-1","voucher_no":"OWNA7"}}"#, "exists"),
        (200, #"{"data":{"voucher_no":null,"code":"OWNA7"}}"#, "exists"),
        // A voucher that was not asked about: the answer to another request.
        (200, #"{"data":{"voucher_no":"OTHER"}}"#, "unclear"), (200, #"{"data":[{"voucher_no":"OTHER"}]}"#, "unclear"),
        (200, #"{"data":{"voucher_code":"OWNA70"}}"#, "unclear"), (200, #"{"data":{"voucher_no":7}}"#, "unclear"),
        // No voucher.
        (200, #"{"data":{}}"#, "unclear"), (200, #"{"data":[]}"#, "unclear"), (200, #"{"data":null}"#, "unclear"),
        (200, #"{"data":"OWNA7"}"#, "unclear"), (200, #"{"data":[1]}"#, "unclear"),
        (200, #"{"data":{"id":7}"#, "unclear"),
        (200, "{}", "unclear"), (200, "", "unclear"), (200, "<html>", "unclear"),
        (200, #"{"data":[{"id":7},{"id":8}]}"#, "unclear"),
        (201, #"{"data":{"voucher_no":"OWNA7"}}"#, "unclear"), (204, "", "unclear"),
        // Refused.
        (422, unknown, "does not exist"), (422, #"{"errors":{"voucher_no":"Voucher not found."}}"#, "does not exist"),
        (422, #"{"errors":{"voucher_no":["This voucher number does not exist."]}}"#, "does not exist"),
        (422, #"{"errors":{"voucher_no":["It doesn’t exist."]}}"#, "does not exist"),
        (422, #"{"errors":{"site_id":["The selected site id is invalid."]}}"#, "site refused"),
        (422, #"{"errors":{"site_id":["Invalid."],"voucher_no":["Invalid."]}}"#, "site refused"),
        (422, #"{"errors":{"voucher_no":["The voucher no field is required."]}}"#, "unclear"),
        (422, #"{"errors":{"voucher_no":["The voucher no format is invalid."]}}"#, "unclear"),
        (422, #"{"errors":{"voucher_no":["The voucher could not be checked, number invalid."]}}"#, "unclear"),
        (422, #"{"errors":{"voucher_no":["This voucher is expired and no longer valid, not valid"]}}"#, "unclear"),
        (422, #"{"errors":{"voucher_no":["Not valid at this site."]}}"#, "unclear"),
        (422, #"{"errors":{"voucher_no":["Invalid."],"x":["Bad."]}}"#, "unclear"),
        (422, #"{"errors":{"voucher":["Invalid."]}}"#, "unclear"), (422, #"{"message":"Invalid."}"#, "unclear"),
        (422, #"{"errors":{"voucher_no":["Invalid."]}"#, "unclear"), (422, "", "unclear"), (422, "<html>", "unclear"),
        (422, #"{"errors":{"voucher_no":[]}}"#, "unclear"),
        // Everything else.
        (429, unknown, "throttled"), (401, unknown, "misconfigured"), (403, "", "misconfigured"),
        (404, unknown, "misconfigured"), (405, "", "misconfigured"), (301, "", "misconfigured"),
        (400, unknown, "unclear"),
        (408, "", "unclear"), (409, unknown, "unclear"), (500, unknown, "unclear"), (503, "", "unclear"),
        (100, "", "unclear"), (0, "", "unclear"), (999, "", "unclear"),
    ]

    @Test("Each answer is what it proves", arguments: cases)
    func answer(status: Int, body: String, kind: String) {
        let evidence = Self.evidence(status, body)
        #expect(Self.kind(evidence) == kind)
        #expect(!"\(evidence)".contains("OWNA7"))
    }

    @Test("An answer that was cut off proves nothing")
    func truncated() {
        #expect(Self.kind(Self.evidence(200, #"{"data":{"voucher_no":"OWNA7"}}"#, isTruncated: true)) == "unclear")
        #expect(Self.kind(Self.evidence(422, Self.unknown, isTruncated: true)) == "unclear")
    }

    @Test("A wrong set-up names the path that is asked for, a wrong site what to set")
    func reasons() {
        guard case .misconfigured(let reason) = Self.evidence(404, ""),
            case .siteRefused(let site) = Self.evidence(422, #"{"errors":{"site_id":["Invalid."]}}"#)
        else {
            Issue.record("other evidence")
            return
        }
        #expect(reason.contains("redeem/check") && site.contains("site_id"))
    }

    static let noAnswers: [(VendorAnswer.NoResponse, LookupEvidence)] = [
        (.lost("r"), .unclear(reason: "r")), (.notSent(.ended("r")), .unclear(reason: "r")),
        (.notSent(.unreachable("r")), .unreachable(reason: "r", isLocal: false)),
        (.notSent(.local("r")), .unreachable(reason: "r", isLocal: true)),
    ]

    @Test("Without an answer nothing is known of the code", arguments: noAnswers)
    func noAnswer(answer: VendorAnswer.NoResponse, evidence: LookupEvidence) {
        #expect(LookupEvidence(.noResponse(answer), code: "OWNA7") == evidence)
    }

    @Test("The question has code and site, and prints no code")
    func question() {
        let check = VoucherCheck(code: #"A"1"#, siteID: 12)
        #expect(String(decoding: check.body(), as: UTF8.self) == #"{"voucher_no":"A\"1","site_id":12}"#)
        #expect("\(check)" == "VoucherCheck(site 12)")
    }
}
