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
