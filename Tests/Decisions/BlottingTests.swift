import Logging
import SmartGift
import Testing

@testable import Giftbridge

/// Voucher codes are bearer money and addresses are people's: neither stands in error texts, journal or log.
@Suite("What the texts of a settlement hide")
struct BlottingTests {
    static func error(_ message: String, _ order: ClaimedOrder) -> String? {
        let refusal = Refusal(status: 422, message: message, fields: [])
        return Settlement(of: order, .refused(refusal), policy: RetryPolicy(), jitter: 0).error
    }

    @Test(
        "Codes and e-mail addresses of the order are blotted out of the vendor's words",
        arguments: [
            ("The code OWNA has a fault.", "The code … has a fault."), ("OWNB", "…"), ("OWNAOWNB", "……"),
            ("buyer@example.com and ann@example.com", "… and …"), ("BUYER@Example.COM owna", "… …"),
            ("OWNA\u{301} OWNB\u{200D}", "…\u{301} …\u{200D}"), ("no secret here", "no secret here"), ("", nil),
            ("nul\0nul", "nulnul"), ("OW\0NA", "…"), ("é🎁 OWNA é🎁", "é🎁 … é🎁"),
        ] as [(String, String?)])
    func blotted(message: String, expected: String?) {
        let error = Self.error(message, .of())
        #expect(error == expected ?? "The vendor refused the order with HTTP 422 and gave no reason.")
        #expect(error?.unicodeScalars.elementsEqual((expected ?? error ?? "").unicodeScalars) == true)
    }

    @Test("Of codes that begin alike no tail stays, whichever comes first")
    func prefixes() {
        for codes in [["AB", "ABCD"], ["ABCD", "AB"]] {
            #expect(Self.error("Taken: ABCD, AB.", .of(codes: codes, assigned: [nil, nil])) == "Taken: …, ….")
        }
    }

    @Test("The shop's own codes are blotted too, and an empty address is no address")
    func shopsCodes() {
        #expect(Self.error("SHOPA SHOPB", .of(codes: ["SHOPA", "SHOPB"], assigned: [nil, nil])) == "… …")
        #expect(Self.error("plain", .of(delivery: "")) == "plain")
        #expect(Self.error("plain", .of(delivery: nil)) == "plain")
    }

    @Test("A refused verification hides them as well, in error and journal")
    func verification() {
        let refusal = Refusal(status: 422, message: "OWNA of buyer@example.com", fields: [])
        let settlement = Settlement(
            of: .of(attempt: 2, kind: .verification, wasInDoubt: true), .refused(refusal), policy: RetryPolicy(),
            jitter: 0)
        #expect(settlement.error?.hasSuffix("… of …") == true && settlement.journalError == settlement.error)
    }

    @Test("Field paths that hold a secret are blotted with their words")
    func paths() {
        let refusal = Refusal(
            status: 422, message: "", fields: [Refusal.Field(path: "codes.OWNA", message: "OWNB is bad")])
        let settlement = Settlement(of: .of(), .refused(refusal), policy: RetryPolicy(), jitter: 0)
        #expect(settlement.error == "codes.…: … is bad")
    }

    @Test("The log has ids and states: no code, no reference, no address")
    func log() {
        let sold = Settlement(
            of: .of(), .sold(Receipt(orderReference: "SECRETREF", voucherCodes: ["OWNA", "OWNB"]), .exact),
            policy: RetryPolicy(),
            jitter: 0)
        let refused = Settlement(
            of: .of(), .refused(Refusal(status: 422, message: "OWNA buyer@example.com", fields: [])),
            policy: RetryPolicy(),
            jitter: 0)
        for settlement in [sold, refused] {
            let line = "\(settlement.metadata) \(settlement.headline(of: settlement.status))"
            for secret in ["OWNA", "OWNB", "SECRETREF", "@example.com", "100045"] {
                #expect(!line.contains(secret))
            }
            #expect(line.contains("7") && line.contains("7"))
        }
    }
}

/// What the journal keeps of an answer.
@Suite("What the journal's answers hide")
struct AnswerBlottingTests {
    @Test("A receipt's codes are blotted out of the answer that the journal keeps")
    func receipts() {
        let text = ClaimedOrder.of().blotted(
            #"{"voucher_codes":["THEIRS1","THEIRS12"],"to":"ann@example.com"}"#, ["THEIRS1", "THEIRS12"])
        #expect(text == #"{"voucher_codes":["…","…"],"to":"…"}"#)
        #expect(ClaimedOrder.unreadable().blotted("a THEIRS1\0", ["THEIRS1"]) == "a …")
    }

    @Test("Blotting is by bytes, the longest first, and leaves everything else as it was")
    func byBytes() {
        #expect("aXbxXAxb".blotting(["x", "xa"]) == "a…b………b")
        #expect("aXbxXAxb".blotting(["xa", "x"]) == "a…b………b")
        #expect("é".blotting(["\u{C3}"]) == "é")
        #expect("ZOË zoë".blotting(["ZOË"]) == "… zoë", "only ASCII letters fold")
        #expect("".blotting(["x"]) == "" && "x".blotting([]) == "x" && "x".blotting([""]) == "x")
        #expect("\0a\0".blotting([]) == "a")
    }
}

/// What the log has of a settlement.
@Suite("Settlements in the log")
struct SettlementLogTests {
    @Test(
        "The vendor's words may repeat what the customer wrote: the row has them, the log does not",
        arguments: [false, true])
    func vendorsWords(isVerification: Bool) {
        let refusal = Refusal(
            status: 422, message: "Invalid.",
            fields: [Refusal.Field(path: "customer.postcode", message: "NP11 4EY of John Smith is unknown.")])
        let settlement = Settlement(
            of: .of(kind: isVerification ? .verification : .sale), .refused(refusal), policy: RetryPolicy(), jitter: 0)
        #expect(settlement.error?.contains("NP11 4EY of John Smith is unknown.") == true)
        #expect(!"\(settlement.metadata)".contains("John") && !settlement.headline(of: .rejected).contains("John"))
        #expect(settlement.metadata["http_status"] == "422" && settlement.metadata["order"] == "7")
    }

    @Test("What is out of the ordinary is said, and how bad it is; a result that was applied is nothing of the kind")
    func alarms() {
        let settlement = Settlement(
            of: .of(), .notSent(reason: "No connection."), policy: RetryPolicy(), jitter: 0)
        func alarm(_ note: Settled.Note?, isApplied: Bool) -> Alarm? {
            Alarm(
                settlement,
                Settled(token: "t", orderID: 7, status: "completed", isApplied: isApplied, note: note))
        }
        for note in [Settled.Note.soldAgain, .gone, .foreign, .codesIgnored] {
            for isApplied in [true, false] {
                let alarm = alarm(note, isApplied: isApplied)
                #expect(alarm?.level == .critical && alarm?.fault != nil, "\(note)")
            }
        }
        #expect(alarm(.codesRespelled, isApplied: true)?.level == .warning)
        for note in [Settled.Note.late, nil] {
            #expect(alarm(note, isApplied: true) == nil)
            #expect(alarm(note, isApplied: false)?.level == .warning && alarm(note, isApplied: false)?.fault == nil)
        }
        #expect(Alarm(settlement, nil)?.level == .warning, "it is unknown what became of it")
    }

    @Test("Giftbridge's own words are in the log")
    func ownWords() {
        let settlement = Settlement(
            of: .of(), .notSent(reason: "No connection."), policy: RetryPolicy(), jitter: 0)
        #expect(settlement.metadata["reason"] == "No connection.")
    }
}
