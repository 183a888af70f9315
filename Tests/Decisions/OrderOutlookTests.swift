import Foundation
import SmartGift
import Testing

@testable import Giftbridge

/// What an operator is told: what happens to an order next, when, and what can be done.
@Suite struct OrderOutlookTests {
    static let now = Date(timeIntervalSince1970: 1_800_000_000)
    static func later(_ seconds: Double) -> Date { now.addingTimeInterval(seconds) }

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let facts: OrderFacts
        /// The sentence's beginning.
        let next: String
        var at: Double?
        var options: [String] = []
        var testDescription: String { name }

        init(
            _ name: String, _ status: OrderStatus, due: Double? = nil, _ next: String, at: Double? = nil,
            _ options: [String] = [], with change: (inout OrderFacts) -> Void = { _ in }
        ) {
            self.name = name
            var facts = OrderFacts.of(status, due: due)
            change(&facts)
            self.facts = facts
            self.next = next
            self.at = at
            self.options = options
        }
    }

    static let cases = [
        Case(
            "due", .pending, due: -1, "It is next in its shop's queue. It will be sent as soon as a worker is free.",
            at: 2,
            ["giftbridge cancel 7"]
        ) { ($0.ahead, $0.turnSeconds) = (0, 2) },
        Case(
            "in line", .pending, due: -1, "3 orders of its shop are ahead of it. It will be sent as soon",
            ["giftbridge cancel 7"]
        ) {
            $0.ahead = 3
        },
        Case(
            "no allowance", .pending, due: -1, "3 orders of its shop are ahead of it. The vendor's rate limit",
            at: 9,
            ["giftbridge cancel 7"]
        ) { ($0.ahead, $0.allowanceLeft, $0.allowanceNextAt) = (3, 0, later(9)) },
        Case(
            "as asked", .pending, due: 60, "It will be sent at the time that the shop set (submit_after).", at: 60,
            ["giftbridge cancel 7"]
        ) {
            $0.submitAfter = later(60)
        },
        Case("a retry", .pending, due: 60, "It will be sent again: attempt 3.", at: 60, ["giftbridge cancel 7"]) {
            $0.order = .of(.pending, dueAt: later(60), attempts: 2)
        },
        Case(
            "paused by an operator", .pending, due: -1,
            "Its shop is paused (stock-taking). The order will be sent when the shop is resumed.",
            ["giftbridge resume default", "giftbridge cancel 7"]
        ) { ($0.shopPaused, $0.shopPauseReason) = (true, "stock-taking") },
        Case(
            "paused by a fault", .pending, due: -1,
            "Its shop is paused (wrong key). Giftbridge sends one order as a test",
            at: 15,
            ["giftbridge resume default", "giftbridge cancel 7"]
        ) { ($0.shopPaused, $0.shopPauseReason, $0.shopPausedUntil) = (true, "wrong key", later(15)) },
        Case(
            "no worker", .pending, due: -1, "Waiting for a worker; none is running.",
            ["giftbridge run", "giftbridge cancel 7"]
        ) { $0.workerRuns = false },
        Case("in flight", .submitting, due: 100, "It is being sent by one. If no answer", at: 100) {
            ($0.heldBy, $0.holderState) = ("one", .running)
        },
        Case("its worker is dead", .submitting, due: 100, "Its request may have been sent, but one is", at: 100) {
            ($0.heldBy, $0.holderState) = ("one", .dead)
        },
        Case(
            "every worker is dead", .submitting, due: 100, "Its request may have been sent, but one is", at: 100,
            ["giftbridge run"]
        ) { ($0.heldBy, $0.holderState, $0.workerRuns) = ("one", .dead, false) },
        Case("sold", .completed, "Sold."),
        Case("withdrawn", .cancelled, "Cancelled before it was sent"),
        Case(
            "withdrawn by force", .cancelled, "Cancelled by an operator, after it was in doubt: it may have been sold."
        ) {
            $0.wasInDoubt = true
        },
        Case(
            "rejected", .rejected, "Giftbridge will not retry. The order was not sold.", ["-", "giftbridge retry 7"]),
        Case("failed", .failed, "Giftbridge will not retry. The order was not sold.", ["giftbridge retry 7"]),
        Case("rejected and erased", .rejected, "Giftbridge will not retry.", ["-"]) { $0.isErased = true },
        Case(
            "in doubt, to be verified", .inDoubt, due: 30, "It will be verified by sending the same request again.",
            at: 30),
        Case("in doubt, due", .inDoubt, due: -1, "It will be verified by sending the same request again."),
        Case(
            "in doubt, no allowance", .inDoubt, due: -1, "It will be verified by sending the same request again.", at: 9
        ) {
            ($0.allowanceLeft, $0.allowanceNextAt) = (0, later(9))
        },
        Case(
            "in doubt, paused", .inDoubt, due: -1, "Its shop is paused. The order will be verified when",
            ["giftbridge resume default"]
        ) {
            $0.shopPaused = true
        },
        Case(
            "in doubt, needs a decision", .inDoubt, "Giftbridge will not retry. The order may have been sold",
            ["giftbridge resolve 7 --sold --reference REFERENCE --codes CODE,…", "giftbridge resolve 7 --unsold"]),
    ]

    @Test(arguments: cases) func everyOrderHasANextStep(_ test: Case) {
        let outlook = OrderOutlook(test.facts)
        #expect(outlook.next.hasPrefix(test.next), "\(outlook.next)")
        #expect(outlook.at == test.at.map(Self.later))
        #expect(outlook.options.map { $0.command ?? "-" } == test.options)
    }

    @Test func aShopsNameIsQuotedWhereAShellNeedsIt() {
        #expect(OrderOutlook.shellQuoted("default") == "default")
        #expect(OrderOutlook.shellQuoted("my shop") == "'my shop'")
    }

    @Test func theTimelineIsTheJournalBetweenInsertAndEnd() {
        var facts = OrderFacts.of(.completed, due: nil)
        facts.order = .of(.completed, dueAt: nil, error: "Marked as sold manually.", updatedAt: Self.later(100))
        let journal = [
            JournalEntry(
                id: 1, attempt: 1, worker: "one", claimedAt: Self.later(1), finishedAt: Self.later(31), httpStatus: nil,
                outcome: .inDoubt, error: "Time-out."),
            JournalEntry(
                id: 2, attempt: 2, worker: "two", claimedAt: Self.later(60), finishedAt: Self.later(61),
                httpStatus: 422,
                outcome: .rejected, error: "No."),
        ]
        let timeline = OrderStory(facts: facts, journal: journal).timeline
        #expect(
            timeline.map(\.what) == [
                "inserted by the shop", "attempt 1 claimed by one", "no clear answer; outcome unknown",
                "attempt 2 claimed by two",
                "the vendor answered HTTP 422: refused", "completed",
            ])
        #expect(
            timeline.map { $0.detail ?? "-" } == ["-", "-", "Time-out.", "-", "No.", "Marked as sold manually."])
        #expect(timeline.map { $0.at.timeIntervalSince(Self.now) } == [0, 1, 31, 60, 61, 100])
    }

    @Test(arguments: [
        (0, "0 ms"), (0.4126, "412 ms"), (0.6, "1 s"), (12.3, "12 s"), (89, "89 s"), (90, "2 min"), (600, "10 min"),
        (5400, "1 h 30 min"), (7200, "2 h"), (40_000, "11 h"), (172_800, "2 d"), (1e9, "11574 d"), (-3, "3 s"),
    ]) func durationsAreBrief(seconds: Double, text: String) {
        #expect(BriefDuration(seconds: seconds).description == text)
    }
}

extension OrderFacts {
    /// An order with id 7 of shop `default`, looked at now; workers run, there is no limit.
    static func of(_ status: OrderStatus, due: Double?) -> OrderFacts {
        OrderFacts(
            order: .of(status, dueAt: due.map(OrderOutlookTests.later)), lookedAt: OrderOutlookTests.now,
            submitAfter: OrderOutlookTests.now)
    }
}

extension OrderSummary {
    static func of(
        _ status: OrderStatus, dueAt: Date?, attempts: Int = 0, error: String? = nil, updatedAt: Date? = nil
    ) -> OrderSummary {
        OrderSummary(
            id: 7, shop: "default", shopOrderID: "100045", status: status, needsAttention: false, items: 1,
            orderReference: nil, codes: nil, error: error, attempts: attempts, createdAt: OrderOutlookTests.now,
            updatedAt: updatedAt ?? OrderOutlookTests.now, completedAt: nil, dueAt: dueAt)
    }
}

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
