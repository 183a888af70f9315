import LibPQ
import TestSupport
import Testing

@testable import Giftbridge

extension DatabaseTests {
    struct RescueTests {
        @Test func endedLeaseBecomesInDoubtAndIsVerifiedLater() async throws {
            let test = try await TestQueue.make()
            try await test.insert()
            let order = try #require(try await test.claim(lease: .zero).first)
            // Any worker's claim rescues, and does not verify at once.
            #expect(try await test.other().claim(verifyAfter: .seconds(60)).isEmpty)
            #expect(
                try await test.order(
                    order.orderID, "status", "submission_id", "attempts", "due_at = updated_at + interval '60 s'",
                    "error",
                    "in_doubt_since = updated_at")
                    == [
                        "in_doubt", nil, "1", "true",
                        "The worker was lost while the request may have been on its way; the bridge will verify it.",
                        "true",
                    ])
            #expect(
                try await test.value(
                    "SELECT concat_ws(' ', outcome, finished_at IS NOT NULL, error) FROM giftbridge.submissions")
                    == "in_doubt t the worker's lease ended without an answer")
        }

        /// Nothing of the bridge's own could prove the sale: not without codes, and not where all are the shop's.
        @Test(arguments: [
            ("false", "[{\"id\": 1}]"), ("false", "[{\"id\": 1, \"code\": \"MINE\"}]"),
            ("true", "[{\"id\": 1, \"code\": \"MINE\"}]"),
        ])
        func orderThatCannotBeVerifiedWaitsForAPerson(assignCodes: String, items: String) async throws {
            let test = try await TestQueue.make()
            try await test.run("UPDATE giftbridge.shops SET assign_codes = \(assignCodes)")
            let order = try await test.claimedOrder(["items": "'\(items)'"])
            let notified = try await test.notifications(on: "giftbridge_results") { try await test.loseWorker() }
            #expect(try await test.order(order.orderID, "status", "due_at") == ["in_doubt", nil])
            #expect(
                try #require(try await test.order(order.orderID, "error")[0]).hasSuffix(
                    "ask the vendor, then resolve the order."))
            #expect(notified.count == 1)
            #expect(try await test.claim().isEmpty)
        }

        @Test func orderWithOneCodeOfTheBridgesIsVerified() async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder(["items": "'[{\"id\": 1, \"code\": \"MINE\"}, {\"id\": 1}]'"])
            let notified = try await test.notifications(on: "giftbridge_results") { try await test.loseWorker() }
            #expect(try await test.order(order.orderID, "status", "due_at IS NOT NULL") == ["in_doubt", "true"])
            #expect(notified.isEmpty)
        }

        @Test func liveLeaseIsLeftAlone() async throws {
            let test = try await TestQueue.make()
            try await test.insert(2)
            _ = try await test.claim(1, lease: .zero)
            let live = try #require(try await test.claim(1, lease: .seconds(60)).first)
            #expect(try await test.column("SELECT giftbridge.rescue('1 h')") == ["0"])
            #expect(try await test.status(live.orderID) == "submitting")
            #expect(
                try await test.column("SELECT status FROM giftbridge.orders ORDER BY id") == ["in_doubt", "submitting"])
        }

        @Test func verificationWhoseWorkerIsLostIsRescuedToo() async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            try await test.loseWorker()
            let since = try await test.order(order.orderID, "in_doubt_since")
            try await test.verifyNow()
            #expect(try await test.claim().count == 1)
            try await test.loseWorker()
            #expect(
                try await test.order(order.orderID, "status", "attempts", "in_doubt_since") == ["in_doubt", "2"] + since
            )
        }

        @Test func lockedOrderIsSkipped() async throws {
            let test = try await TestQueue.make()
            let ids = try await test.insert(2)
            _ = try await test.claim(lease: .zero)
            let other = try await test.other()
            try await test.run("BEGIN; SELECT FROM giftbridge.orders WHERE id = \(ids[0]) FOR UPDATE")
            #expect(try await other.value("SELECT giftbridge.rescue('1 h')") == "1")
            try await test.run("COMMIT")
            #expect(try await test.status(ids[0]) == "submitting")
        }
    }
}
