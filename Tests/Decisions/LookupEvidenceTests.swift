import Testing

@testable import SmartGift

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
