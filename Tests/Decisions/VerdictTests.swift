import Testing

@testable import SmartGift

/// The contract's table "What happens to a request", row by row: what an answer proves.
@Suite("Verdict")
struct VerdictTests {
    static let receipt = #"{"message":"Order processed successfully!","order_reference":"R1","voucher_codes":["A"]}"#

    static func verdict(_ status: Int, _ body: String = "", items: Int = 1) -> Verdict {
        Verdict(.response(VendorResponse(status: status, body: Array(body.utf8))), items: items)
    }

    static func kind(_ verdict: Verdict) -> String {
        switch verdict {
        case .sold: "sold"
        case .refused: "refused"
        case .throttled: "throttled"
        case .misconfigured: "misconfigured"
        case .notSent: "not sent"
        case .inDoubt: "in doubt"
        }
    }

    /// The whole of 100 to 599, in ranges without gaps.
    static let partition: [(ClosedRange<Int>, String)] = [
        (100...199, "in doubt"), (200...299, "sold"), (300...399, "misconfigured"), (400...400, "refused"),
        (401...407, "misconfigured"), (408...409, "in doubt"), (410...411, "misconfigured"), (412...414, "refused"),
        (415...415, "misconfigured"), (416...420, "refused"), (421...421, "misconfigured"), (422...424, "refused"),
        (425...425, "in doubt"), (426...426, "misconfigured"), (427...428, "refused"), (429...429, "throttled"),
        (430...451, "refused"), (452...599, "in doubt"),
    ]

    @Test("Every status from 100 to 599 has its verdict, with a good receipt as the body")
    func everyStatus() {
        #expect(Self.partition.flatMap { Array($0.0) } == Array(100...599))
        for (statuses, expected) in Self.partition {
            for status in statuses {
                #expect(Self.kind(Self.verdict(status, Self.receipt)) == expected, "HTTP \(status)")
            }
        }
    }

    @Test("Only a 2xx sells, and without a receipt it sells nothing for certain", arguments: 100..<600)
    func withoutBody(status: Int) {
        let kind = Self.kind(Self.verdict(status))
        #expect(kind != "sold")
        if (200..<300).contains(status) { #expect(kind == "in doubt") }
    }

    @Test("A status that HTTP does not have is in doubt", arguments: [Int.min, -1, 0, 1, 99, 600, 999, 1000, Int.max])
    func noStatus(status: Int) {
        #expect(Self.kind(Self.verdict(status, Self.receipt)) == "in doubt")
    }

    @Test("2xx with a reference and codes is the sale", arguments: [200, 201, 202, 207, 299])
    func sold(status: Int) {
        #expect(Self.verdict(status, Self.receipt) == .sold(Receipt(orderReference: "R1", voucherCodes: ["A"])))
    }

    @Test("A receipt that was cut off is in doubt, even where what came reads well")
    func truncated() {
        let response = VendorResponse(status: 200, body: Array(Self.receipt.utf8), isTruncated: true)
        #expect(Self.kind(Verdict(.response(response), items: 1)) == "in doubt")
    }

    @Test(
        "5xx says nothing about the sale, whatever it says",
        arguments: [500, 501, 502, 503, 504, 507, 508, 511, 520, 522, 524, 599])
    func serverErrors(status: Int) {
        for body in ["", Self.receipt, #"{"message":"not sold"}"#, "<html>Bad Gateway</html>"] {
            #expect(Self.kind(Self.verdict(status, body)) == "in doubt")
        }
    }

    @Test(
        "A redirect is the set-up's fault, and its target is named for the person who mends it",
        arguments: [300, 301, 302, 303, 304, 307, 308])
    func redirects(status: Int) {
        let location = "https://elsewhere.example/pos-sale?to=ann@example.com#x"
        let response = VendorResponse(status: status, location: location)
        guard case .misconfigured(let reason) = Verdict(.response(response), items: 1) else {
            Issue.record("not misconfigured")
            return
        }
        #expect(reason.contains("https://elsewhere.example/pos-sale") && reason.contains("HTTP \(status)"))
        #expect(!reason.contains("ann@example.com"), "a query may repeat what was sent")
        #expect(Self.kind(Self.verdict(status)) == "misconfigured", "without Location too")
    }

    @Test(
        "Wrong key and wrong address name what to check",
        arguments: [(401, "key"), (403, "key"), (404, "URL"), (405, "URL"), (410, "URL"), (407, "URL")])
    func setUp(status: Int, word: String) {
        guard case .misconfigured(let reason) = Self.verdict(status, #"{"message":"Unauthenticated."}"#) else {
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
        #expect(Verdict(.response(response), items: 1) == .throttled(retryAfter: retryAfter))
    }

    @Test("A 422 refuses with the vendor's words, a 400 without words refuses too")
    func refused() {
        #expect(
            Self.verdict(422, #"{"message":"Invalid.","errors":{"customer.email":["No address.","Second"]}}"#)
                == .refused(
                    Refusal(
                        status: 422, message: "Invalid.",
                        fields: [Refusal.Field(path: "customer.email", message: "No address.")])))
        #expect(Self.verdict(400, "<html>") == .refused(Refusal(status: 400, message: "", fields: [])))
    }

    @Test("Without an answer it counts whether the request may have left")
    func noAnswer() {
        #expect(Verdict(.noResponse(.lost("r")), items: 1) == .inDoubt(reason: "r"))
        #expect(Verdict(.noResponse(.notSent(.ended("r"))), items: 1) == .notSent(reason: "r"))
    }
}
