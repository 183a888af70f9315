import Foundation
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
            "due", .pending, due: -1, "It is the next of its shop to be sent, as soon as a worker is free.", at: 2,
            ["giftbridge cancel 7"]
        ) { ($0.ahead, $0.turnSeconds) = (0, 2) },
        Case(
            "in line", .pending, due: -1, "3 of its shop's orders are sent before it, as soon", ["giftbridge cancel 7"]
        ) {
            $0.ahead = 3
        },
        Case(
            "no allowance", .pending, due: -1, "3 of its shop's orders are sent before it; the vendor's allowance",
            at: 9,
            ["giftbridge cancel 7"]
        ) { ($0.ahead, $0.allowanceLeft, $0.allowanceNextAt) = (3, 0, later(9)) },
        Case(
            "as asked", .pending, due: 60, "It is sent, as the shop asked for (submit_after).", at: 60,
            ["giftbridge cancel 7"]
        ) {
            $0.submitAfter = later(60)
        },
        Case("a retry", .pending, due: 60, "It is sent again: attempt 3.", at: 60, ["giftbridge cancel 7"]) {
            $0.order = .of(.pending, dueAt: later(60), attempts: 2)
        },
        Case(
            "paused by a person", .pending, due: -1,
            "It is sent when somebody resumes its shop, which is paused (stock-taking).",
            ["giftbridge resume default", "giftbridge cancel 7"]
        ) { ($0.shopPaused, $0.shopPauseReason) = (true, "stock-taking") },
        Case(
            "paused by a fault", .pending, due: -1, "Its shop is paused (wrong key). One order tries again by itself",
            at: 15,
            ["giftbridge resume default", "giftbridge cancel 7"]
        ) { ($0.shopPaused, $0.shopPauseReason, $0.shopPausedUntil) = (true, "wrong key", later(15)) },
        Case(
            "no worker", .pending, due: -1, "It is sent when a worker runs: none does.",
            ["giftbridge run", "giftbridge cancel 7"]
        ) { $0.workerRuns = false },
        Case("in the air", .submitting, due: 100, "Its request may be on the way, with one. If no answer", at: 100) {
            ($0.heldBy, $0.holderState) = ("one", .running)
        },
        Case("its worker is dead", .submitting, due: 100, "Its request may be on the way, but one is gone", at: 100) {
            ($0.heldBy, $0.holderState) = ("one", .dead)
        },
        Case(
            "every worker is dead", .submitting, due: 100, "Its request may be on the way, but one is gone", at: 100,
            ["giftbridge run"]
        ) { ($0.heldBy, $0.holderState, $0.workerRuns) = ("one", .dead, false) },
        Case("sold", .completed, "It is sold."),
        Case("withdrawn", .cancelled, "It was withdrawn"),
        Case(
            "rejected", .rejected, "Nothing happens by itself: it is certainly not sold.", ["-", "giftbridge retry 7"]),
        Case("failed", .failed, "Nothing happens by itself: it is certainly not sold.", ["giftbridge retry 7"]),
        Case("rejected and erased", .rejected, "Nothing happens by itself", ["-"]) { $0.isErased = true },
        Case("in doubt, to be verified", .inDoubt, due: 30, "It is verified: the same request", at: 30),
        Case("in doubt, due", .inDoubt, due: -1, "It is verified: the same request"),
        Case("in doubt, no allowance", .inDoubt, due: -1, "It is verified: the same request", at: 9) {
            ($0.allowanceLeft, $0.allowanceNextAt) = (0, later(9))
        },
        Case(
            "in doubt, paused", .inDoubt, due: -1, "It is verified when somebody resumes", ["giftbridge resume default"]
        ) {
            $0.shopPaused = true
        },
        Case(
            "in doubt, for a person", .inDoubt, "Nothing happens by itself: it may be sold",
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
        facts.order = .of(.completed, dueAt: nil, error: "Resolved as sold by a person.", updatedAt: Self.later(100))
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
                "inserted by the shop", "attempt 1 claimed by one", "no answer: in doubt", "attempt 2 claimed by two",
                "the vendor answered HTTP 422: refused", "completed",
            ])
        #expect(
            timeline.map { $0.detail ?? "-" } == ["-", "-", "Time-out.", "-", "No.", "Resolved as sold by a person."])
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
