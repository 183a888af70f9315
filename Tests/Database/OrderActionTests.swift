import LibPQ
import TestSupport
import Testing

@testable import Giftbridge

extension DatabaseTests {
    struct OrderActionTests {
        /// A function for shops and operators.
        struct Action: Sendable, CustomTestStringConvertible {
            let name: String
            let arguments: String
            let states: [OrderStatus]
            let result: OrderStatus
            let verb: String
            var testDescription: String { name }

            func call(_ id: Int) -> String { "SELECT giftbridge.\(name)(\(id)\(arguments))" }
        }

        static let actions = [
            Action(name: "retry", arguments: "", states: [.rejected, .failed], result: .pending, verb: "retried"),
            Action(name: "cancel", arguments: "", states: [.pending], result: .cancelled, verb: "cancelled"),
            Action(
                name: "resolve_sold", arguments: ", 'SG-1', '{A}'", states: [.inDoubt], result: .completed,
                verb: "resolved"),
            Action(name: "resolve_unsold", arguments: "", states: [.inDoubt], result: .pending, verb: "resolved"),
        ]

        private static let test = Task { try await TestQueue.make() }

        @Test(arguments: actions, OrderStatus.allCases)
        func actionWorksInItsStatesAndNamesTheOthers(action: Action, status: OrderStatus) async throws {
            let test = try await Self.test.value
            let id = try await test.insert(in: status)
            if action.states.contains(status) {
                try await test.run(action.call(id))
                #expect(try await test.status(id) == action.result.rawValue)
            } else {
                let before = try await test.order(id, "orders")
                let error = try await test.error(action.call(id))
                #expect(error.sqlState == "55000")
                let states = action.states.map(\.rawValue).joined(separator: " or ")
                #expect(
                    error.message
                        == "order \(id) is \(status.rawValue): only an order that is \(states) can be \(action.verb)")
                #expect(try await test.order(id, "orders") == before)
            }
        }

        @Test(arguments: actions)
        func actionSaysThatAnOrderDoesNotExist(_ action: Action) async throws {
            let error = try await Self.test.value.error(action.call(999_999))
            #expect(error.sqlState == "P0002")
            #expect(error.message == "there is no order 999999")
        }

        @Test func retryBeginsAgain() async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            try await test.settle(Settlement(of: order, .rejected, .rejected, error: "No such voucher."))
            let notified = try await test.notifications(on: "giftbridge_orders", "giftbridge_results") {
                try await test.run("SELECT giftbridge.retry(\(order.orderID))")
            }
            #expect(notified.map(\.channel) == ["giftbridge_orders"])
            #expect(
                try await test.order(order.orderID, "attempts", "error") == ["0", nil])
            #expect(try await test.place(order.orderID) == "due 0")
            #expect(try await test.claim().first?.attempt == 1)
        }

        @Test func retryWaitsForSubmitAfter() async throws {
            let test = try await TestQueue.make()
            let id = try await test.insert(in: .failed)
            try await test.run(
                "UPDATE giftbridge.orders SET submit_after = now() + interval '1 h'; SELECT giftbridge.retry(\(id))")
            #expect(try await test.claim().isEmpty)
            #expect(try await test.place(id) == "due 0")
        }

        @Test func cancelledOrderIsNeverClaimed() async throws {
            let test = try await TestQueue.make()
            let id = try await test.insert()[0]
            try await test.run("SELECT giftbridge.cancel(\(id))")
            #expect(try await test.claim().isEmpty)
            #expect(try await test.order(id, "error", "completed_at") == [nil, nil])
            #expect(try await test.place(id) == "")
        }

        @Test func cancelOfAnOrderThatIsBeingClaimedIsRefused() async throws {
            let test = try await TestQueue.make()
            let id = try await test.insert()[0]
            let shop = try await test.other()
            try await test.tell()
            try await test.run("BEGIN")
            #expect(try await test.claim().count == 1)
            async let refusal = shop.error("SELECT giftbridge.cancel(\(id))")
            try await test.database.wait(
                for: "1",
                from:
                    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            try await test.run("COMMIT")
            #expect(try await refusal.message.contains("is submitting"))
        }

        @Test func resolvedAsSoldIsCompletedAndAnnounced() async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder(["items": "'[{\"id\": 1}, {\"id\": 2, \"code\": \"MINE\"}]'"])
            try await test.loseWorker()
            let own = try #require(order.assignedCodes[0])
            let notified = try await test.notifications(on: "giftbridge_results") {
                // Without codes: those that were sent.
                try await test.run("SELECT giftbridge.resolve_sold(\(order.orderID), 'SG-9')")
            }
            #expect(notified.count == 1)
            #expect(
                try await test.order(
                    order.orderID, "status", "order_reference", "voucher_codes", "completed_at IS NOT NULL", "error")
                    == ["completed", "SG-9", "{\(own),MINE}", "true", "Marked as sold manually."])
        }

        @Test(arguments: ["", ", NULL", ", '{}'", ", '{A}'", ", '{A,B,C}'", ", '{A,NULL}'"])
        func soldNeedsACodeForEveryItem(_ codes: String) async throws {
            let test = try await TestQueue.make()
            try await test.run("UPDATE giftbridge.shops SET assign_codes = false")
            let order = try await test.claimedOrder(["items": "'[{\"id\": 1}, {\"id\": 2, \"code\": \"MINE\"}]'"])
            try await test.loseWorker()
            let error = try await test.error("SELECT giftbridge.resolve_sold(\(order.orderID), 'SG-9'\(codes))")
            #expect(error.sqlState == "22023")
            #expect(
                error.message
                    == "order \(order.orderID) has 2 items: give one voucher code for each, in the items' order")
            #expect(try await test.status(order.orderID) == "in_doubt")
        }

        @Test func resolvedAsUnsoldIsSentAgainWithTheSameCodes() async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            try await test.loseWorker()
            let notified = try await test.notifications(on: "giftbridge_orders", "giftbridge_results") {
                try await test.run("SELECT giftbridge.resolve_unsold(\(order.orderID))")
            }
            #expect(notified.map(\.channel) == ["giftbridge_orders"])
            let again = try #require(try await test.claim().first)
            #expect(again.attempt == 1)
            #expect(again.kind == .sale)
            #expect(again.assignedCodes == order.assignedCodes)
        }

        @Test func pauseAndResumeTellWhyAndActAtOnce() async throws {
            let test = try await TestQueue.make()
            try await test.insert()
            try await test.run("SELECT giftbridge.pause('default', 'stocktaking')")
            let state = "SELECT concat_ws(' ', paused, pause_reason, paused_until) FROM giftbridge.shops"
            #expect(try await test.value(state) == "t stocktaking")
            let notified = try await test.notifications(on: "giftbridge_orders") {
                try await test.run("SELECT giftbridge.resume('default')")
            }
            #expect(notified.count == 1)
            #expect(try await test.value(state) == "f")
            #expect(try await test.claim().count == 1)
            try await test.run("SELECT giftbridge.pause('default', NULL)")
            #expect(try await test.value(state) == "t paused manually")
        }

        @Test(arguments: [
            "giftbridge.pause('nowhere', 'x')", "giftbridge.resume('nowhere')", "giftbridge.resume(NULL)",
        ])
        func shopThatDoesNotExistIsSaid(_ call: String) async throws {
            let error = try await Self.test.value.error("SELECT \(call)")
            #expect(error.sqlState == "P0002")
            #expect(error.message.hasPrefix("there is no shop "))
        }
    }
}
