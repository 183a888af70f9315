import LibPQ
import TestSupport
import Testing

@testable import Giftbridge

extension DatabaseTests {
    struct FenceTests {
        /// An order whose first submission's worker was lost, and which is being verified by a second.
        private func verifiedOrder(_ test: TestQueue) async throws -> (first: ClaimedOrder, second: ClaimedOrder) {
            let first = try await test.claimedOrder()
            try await test.loseWorker()
            try await test.verifyNow()
            return (first, try #require(try await test.claim().first))
        }

        private static let notSold: [(Settlement.Outcome, OrderStatus)] = [
            (.retry, .pending), (.rejected, .rejected), (.retry, .failed), (.released, .pending), (.inDoubt, .inDoubt),
        ]

        @Test(arguments: notSold)
        func staleWorkerCannotSettleARescuedOrder(outcome: Settlement.Outcome, status: OrderStatus) async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            try await test.loseWorker()
            let before = try await test.order(order.orderID, "orders")
            let settled = try await test.settle(Settlement(of: order, outcome, status, error: "Stale.", dueIn: .zero))
            #expect(!settled.isApplied)
            #expect(settled.status == "in_doubt")
            #expect(try await test.order(order.orderID, "orders") == before)
            // What was learnt is kept.
            #expect(try await test.value("SELECT outcome FROM giftbridge.submissions") == outcome.rawValue)
        }

        @Test(arguments: notSold)
        func staleWorkerCannotSettleOverTheVerification(outcome: Settlement.Outcome, status: OrderStatus) async throws {
            let test = try await TestQueue.make()
            let (first, second) = try await verifiedOrder(test)
            let settled = try await test.settle(Settlement(of: first, outcome, status, error: "Stale.", dueIn: .zero))
            #expect(!settled.isApplied)
            #expect(
                try await test.order(first.orderID, "status", "submission_id") == [
                    "submitting", "\(second.submissionID)",
                ])
            #expect(try await test.settle(.sold(second)).isApplied)
        }

        @Test(arguments: notSold)
        func settledOrderIsNotSettledAgain(outcome: Settlement.Outcome, status: OrderStatus) async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            try await test.settle(.sold(order))
            let before = try await test.order(order.orderID, "orders")
            let settled = try await test.settle(Settlement(of: order, outcome, status, error: "Late.", dueIn: .zero))
            #expect(!settled.isApplied)
            #expect(settled.status == "completed")
            #expect(try await test.order(order.orderID, "orders") == before)
            #expect(try await test.value("SELECT outcome FROM giftbridge.submissions") == "completed")
        }

        @Test(arguments: notSold + [(.completed, .completed)])
        func sameSettleTwiceChangesNothingAndSaysSo(outcome: Settlement.Outcome, status: OrderStatus) async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            var settlement = Settlement(
                of: order, outcome, status, error: "Once.", dueIn: status == .pending ? .zero : nil)
            if status == .completed { settlement = .sold(order) }
            #expect(try await test.settle(settlement).isApplied)
            let before = try await test.order(order.orderID, "orders")
            let again = try await test.settle(settlement)
            #expect(!again.isApplied)
            #expect(again.status == status.rawValue)
            #expect(try await test.order(order.orderID, "orders") == before)
        }

        @Test func lateSuccessCompletesAnOrderInDoubt() async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            try await test.loseWorker()
            #expect(try await test.settle(.sold(order, reference: "SG-7", codes: ["X"])).isApplied)
            #expect(
                try await test.order(
                    order.orderID, "status", "order_reference", "voucher_codes", "error", "due_at", "in_doubt_since")
                    == ["completed", "SG-7", "{X}", nil, nil, nil])
        }

        @Test func lateSuccessCompletesAnOrderThatIsBeingVerified() async throws {
            let test = try await TestQueue.make()
            let (first, second) = try await verifiedOrder(test)
            #expect(try await test.settle(.sold(first, reference: "SG-7")).isApplied)
            #expect(try await test.order(first.orderID, "status", "submission_id") == ["completed", nil])
            // The verification finds the code taken: nothing new.
            let proof = try await test.settle(.sold(second, reference: nil))
            #expect(!proof.isApplied)
            #expect(proof.status == "completed")
            #expect(try await test.order(first.orderID, "order_reference") == ["SG-7"])
            #expect(try await test.int("SELECT count(*) FROM giftbridge.submissions WHERE outcome = 'completed'") == 2)
        }

        @Test func lateSuccessFillsInAMissingReference() async throws {
            let test = try await TestQueue.make()
            let (first, second) = try await verifiedOrder(test)
            var proof = Settlement.sold(second, reference: nil)
            proof.error = "Sold: its answer is lost."
            try await test.settle(proof)
            let completed = try await test.order(first.orderID, "completed_at")
            #expect(try await test.settle(.sold(first, reference: "SG-7", codes: ["X"])).isApplied)
            #expect(
                try await test.order(first.orderID, "completed_at", "order_reference", "voucher_codes", "error")
                    == completed + ["SG-7", "{X}", nil])
            // Once.
            #expect(try await !test.settle(.sold(first, reference: "SG-8", codes: ["Y"])).isApplied)
            #expect(try await test.order(first.orderID, "order_reference") == ["SG-7"])
        }

        /// A person said that it was not sold, and was wrong.
        @Test(arguments: [OrderStatus.pending, .submitting, .rejected, .failed])
        func lateSuccessIsTheTruthWhateverAPersonSaid(_ status: OrderStatus) async throws {
            let test = try await TestQueue.make()
            let first = try await test.claimedOrder()
            try await test.loseWorker()
            try await test.run("SELECT giftbridge.resolve_unsold(\(first.orderID))")
            if status != .pending {
                let second = try #require(try await test.claim().first)
                if status != .submitting {
                    try await test.settle(Settlement(of: second, .rejected, status, error: "The code is taken."))
                }
            }
            #expect(try await test.status(first.orderID) == status.rawValue)
            #expect(try await test.settle(.sold(first, reference: "SG-7")).isApplied)
            #expect(try await test.order(first.orderID, "status", "order_reference") == ["completed", "SG-7"])
        }

        /// A person said that it was not sold, and was wrong; the answers come in whatever order, together or not.
        @Test(arguments: [[0, 1], [1, 0]], [true, false])
        func aSecondSaleIsVisible(order: [Int], together: Bool) async throws {
            let test = try await TestQueue.make()
            let first = try await test.claimedOrder()
            try await test.loseWorker()
            try await test.run("SELECT giftbridge.resolve_unsold(\(first.orderID))")
            let second = try #require(try await test.claim().first)
            let sales = [
                Settlement.sold(first, reference: "SG-1", codes: ["A"]),
                .sold(second, reference: "SG-2", codes: ["B"]),
            ]
            // Twice, as after a commit whose answer was lost.
            for _ in 1...2 {
                if together {
                    try await #expect(test.queue.settle(sales).contains { $0.hasOtherReference })
                } else {
                    for index in order { try await test.settle(sales[index]) }
                }
            }
            let story = try await test.order(first.orderID, "order_reference", "voucher_codes", "error")
            let kept = story[0] == "SG-1" ? 0 : 1
            #expect(story[1] == ["{A}", "{B}"][kept])
            #expect(
                story[2]
                    == "The vendor says that it sold it as SG-\(2 - kept): check there whether it was sold twice.")
            if !together { #expect(kept == order[0]) }
            #expect(try await test.settle(sales[1 - kept]).hasOtherReference)
            #expect(try await !test.settle(sales[kept]).hasOtherReference)
        }

        @Test func lateSuccessOfACancelledOrderIsReported() async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            try await test.loseWorker()
            try await test.run(
                "SELECT giftbridge.resolve_unsold(\(order.orderID)); SELECT giftbridge.cancel(\(order.orderID))")
            let settled = try await test.settle(.sold(order))
            #expect(!settled.isApplied)
            #expect(settled.status == "cancelled")
            #expect(try await test.value("SELECT outcome FROM giftbridge.submissions") == "completed")
        }

        /// The lease ends while the results are being written, on another connection: neither may block the other for good.
        @Test func settleAndRescueDoNotDeadlock() async throws {
            let test = try await TestQueue.make()
            let ids = try await test.insert(2)
            let orders = try await test.claim(lease: .zero)
            let settler = try await test.other("two")
            let rescuer = try await test.other("three")
            try await test.run("BEGIN; SELECT FROM giftbridge.orders WHERE id = \(ids[0]) FOR UPDATE")
            async let settled = settler.queue.settle(orders.map { .sold($0) })
            let waiting =
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            try await test.database.wait(for: "1", from: waiting)
            async let rescued = rescuer.value("SELECT giftbridge.rescue('1 h')")
            try await test.database.wait(
                for: "t",
                from: "SELECT (\(waiting)) = 2 OR status = 'in_doubt' FROM giftbridge.orders WHERE id = \(ids[1])")
            try await test.run("COMMIT")
            #expect(try await rescued == "1")
            #expect(try await settled.map(\.isApplied) == [true, true])
            #expect(try await test.int("SELECT count(*) FROM giftbridge.orders WHERE status = 'completed'") == 2)
        }
    }
}
