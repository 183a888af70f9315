import SmartGift
import Testing

@testable import Giftbridge

/// What `giftbridge check` makes of what it sees.
@Suite struct FindingTests {
    private static func facts(_ change: (inout ServerFacts) -> Void) -> ServerFacts {
        var facts = ServerFacts()
        change(&facts)
        return facts
    }

    @Test func aSoundServerHasNoFault() {
        #expect(ServerFacts().findings.allSatisfy { $0.level == .ok && $0.remedy == nil })
    }

    @Test(arguments: [
        (facts { $0.versionNumber = 120_005 }, Finding.Subject.database, Finding.Level.fault, "too old"),
        (facts { $0.isReadOnly = true }, .database, .fault, "standby"),
        (facts { $0.encoding = "LATIN1" }, .database, .warning, "LATIN1"),
        (facts { $0.isLocal = false }, .database, .warning, "not encrypted"),
        (facts { $0.isolation = "serializable" }, .database, .fault, "serializable"),
        (facts { $0.isSuperuser = true }, .rights, .warning, "superuser"),
        (facts { $0.fsync = false }, .durability, .fault, "fsync is off"),
        (facts { $0.fullPageWrites = false }, .durability, .fault, "full_page_writes is off"),
        (facts { $0.synchronousCommit = "off" }, .durability, .warning, "synchronous_commit"),
        (facts { $0.clockAhead = 7 }, .clock, .warning, "7 s ahead of"),
        (facts { $0.clockAhead = -90 }, .clock, .warning, "2 min behind"),
    ])
    func aServersFaultIsFound(facts: ServerFacts, subject: Finding.Subject, level: Finding.Level, text: String) throws {
        let found = facts.findings.filter { $0.level != .ok }
        #expect(found.count == 1)
        let finding = try #require(found.first)
        #expect(finding.subject == subject && finding.level == level && finding.what.contains(text), "\(finding)")
        #expect(finding.remedy?.isEmpty == false)
    }

    @Test func anEncryptedConnectionMayGoFar() {
        #expect(Self.facts { ($0.isLocal, $0.hasTLS) = (false, true) }.findings.allSatisfy { $0.level == .ok })
    }

    @Test(
        arguments: [
            (200, [1, 2], 60, 0.0, Finding.Subject.key, Finding.Level.ok, "accepts the key of shop default"),
            (200, [2], 60, 0, .paymentMethods, .fault, "no payment method 1"),
            (200, nil, 60, 0, .paymentMethods, .warning, "cannot be read"),
            (200, [1], 30, 0, .allowance, .warning, "allows 30 requests"),
            (200, [1], 60, 45, .clock, .warning, "45 s ahead of"),
            (401, nil, nil, 0, .key, .fault, "refuses the key"),
            (403, nil, nil, 0, .key, .fault, "refuses the key"),
            (302, nil, nil, 0, .vendor, .fault, "redirects to https://elsewhere.example"),
            (404, nil, nil, 0, .vendor, .fault, "has no list of payment methods (HTTP 404)"),
            (429, nil, nil, 0, .allowance, .warning, "was not checked"),
            (503, nil, nil, 0, .vendor, .unreachable, "answers HTTP 503"),
        ] as [(Int, [Int]?, Int?, Double, Finding.Subject, Finding.Level, String)])
    func theVendorsAnswerIsUnderstood(
        status: Int, ids: [Int]?, limit: Int?, ahead: Double, subject: Finding.Subject, level: Finding.Level,
        text: String
    ) {
        var shop = ShopFacts()
        shop.paymentMethods = [1]
        let answer = VendorResponse(
            status: status, body: Array((ids.map { "\($0)" } ?? "?").utf8), rateLimit: limit, date: 1000 + ahead,
            location: "https://elsewhere.example")
        let endpoint = VendorEndpoint(baseURL: "https://vendor.example", key: "sk_planted")
        let findings = shop.findings(answer, from: endpoint, now: 1000)
        #expect(
            findings.contains { $0.subject == subject && $0.level == level && $0.what.contains(text) }, "\(findings)")
        #expect(level == .ok || findings.count { $0.level != .ok } == 1)
        #expect(!"\(findings)".contains("sk_planted"))
    }

    @Test func aShopWithoutAPaymentMethodIsToldTheVendors() {
        let answer = VendorResponse(status: 200, body: Array("[1, 2]".utf8))
        let findings = ShopFacts().findings(
            answer, from: VendorEndpoint(baseURL: "https://v.example", key: "k"), now: 0)
        #expect(
            findings.contains { $0.level == .warning && $0.remedy?.hasSuffix("one that the vendor has: 1, 2.") == true }
        )
    }
}
