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
