import LibPQ
import TestSupport
import Testing

@testable import Giftbridge

extension DatabaseTests {
    struct FenceTests {
        /// An order whose first request's worker was lost, and which is being verified by a second.
        private func verifiedOrder(_ test: TestQueue) async throws -> (first: ClaimedOrder, second: ClaimedOrder) {
            let first = try await test.claimedOrder()
            try await test.loseWorker()
            try await test.verifyNow()
            return (first, try #require(try await test.claim().first))
        }

        private static let notSold: [(Settlement.Outcome, OrderStatus)] = [
            (.retry, .pending), (.rejected, .rejected), (.retry, .failed), (.released, .pending),
        ]

        @Test(arguments: notSold)
        func staleWorkerCannotSettleARescuedOrder(outcome: Settlement.Outcome, status: OrderStatus) async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            try await test.loseWorker()
            let before = try await test.order(order.orderID, "orders")
            let settled = try await test.settle(Settlement(of: order, outcome, status, error: "Stale.", dueIn: .zero))
            #expect(!settled.isApplied && settled.note == .late)
            #expect(settled.status == "in_doubt")
            #expect(try await test.order(order.orderID, "orders") == before)
            // What was learnt is kept.
            #expect(
                try await test.column("SELECT outcome FROM giftbridge.journal ORDER BY finished_at")
                    == ["in_doubt", outcome.rawValue])
        }

        @Test(arguments: notSold)
        func staleWorkerCannotSettleOverTheVerification(outcome: Settlement.Outcome, status: OrderStatus) async throws {
            let test = try await TestQueue.make()
            let (first, second) = try await verifiedOrder(test)
            let settled = try await test.settle(Settlement(of: first, outcome, status, error: "Stale.", dueIn: .zero))
            #expect(!settled.isApplied)
            #expect(try await test.value("SELECT token FROM giftbridge.in_flight") == second.token)
            #expect(try await test.settle(.sold(second)).isApplied)
        }

        @Test(arguments: notSold + [(.inDoubt, .inDoubt)])
        func settledOrderIsNotSettledAgain(outcome: Settlement.Outcome, status: OrderStatus) async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            try await test.settle(.sold(order))
            let before = try await test.order(order.orderID, "orders")
            let settled = try await test.settle(Settlement(of: order, outcome, status, error: "Late.", dueIn: .zero))
            #expect(!settled.isApplied && settled.status == "completed")
            #expect(try await test.order(order.orderID, "orders") == before)
        }

        @Test(arguments: notSold + [(.completed, .completed)])
        func sameSettleTwiceChangesNothing(outcome: Settlement.Outcome, status: OrderStatus) async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            let result =
                status == .completed
                ? Settlement.sold(order) : Settlement(of: order, outcome, status, error: "Once.", dueIn: .zero)
            #expect(try await test.settle(result).isApplied)
            let before = try await test.order(order.orderID, "orders")
            #expect(try await test.settle(result).status == status.rawValue)
            #expect(try await test.order(order.orderID, "orders") == before)
            #expect(try await test.int("SELECT count(*) FROM giftbridge.journal") == 1)
        }

        /// Ids come from sequences and repeat after a restore: a token of another history settles nothing.
        @Test(arguments: notSold)
        func aTokenThatTheDatabaseDoesNotKnowSettlesNothing(outcome: Settlement.Outcome, status: OrderStatus)
            async throws
        {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            let stranger = Settlement(
                token: "00000000-0000-4000-8000-000000000000", orderID: order.orderID, lane: order.lane,
                outcome: outcome,
                status: status, error: "Stranger.")
            let settled = try await test.settle(stranger)
            #expect(!settled.isApplied)
            #expect(try await test.status(order.orderID) == "submitting")
            #expect(try await test.settle(.sold(order)).isApplied)
        }

        /// The same, with a sale: it completes the order that has its codes, and no other.
        @Test func aSaleOfAnotherHistoryCompletesTheOrderThatHasItsCodes() async throws {
            let test = try await TestQueue.make()
            try await test.insert(2)
            let orders = try await test.claim()
            var sale = Settlement.sold(orders[1], reference: "SG-5")
            sale = Settlement(
                token: "00000000-0000-4000-8000-000000000000", orderID: orders[0].orderID, lane: sale.lane,
                outcome: .completed, status: .completed, httpStatus: 200, reference: "SG-5",
                voucherCodes: sale.voucherCodes, proof: .exact)
            try await test.settle(sale)
            #expect(try await test.status(orders[0].orderID) == "submitting")
            #expect(try await test.order(orders[1].orderID, "status", "order_reference") == ["completed", "SG-5"])
        }

        @Test func lateSuccessCompletesAnOrderInDoubt() async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            try await test.loseWorker()
            #expect(try await test.settle(.sold(order, reference: "SG-7")).isApplied)
            #expect(
                try await test.order(order.orderID, "status", "order_reference", "error", "in_doubt_since")
                    == ["completed", "SG-7", nil, nil])
            #expect(try await test.place(order.orderID) == "")
        }

        @Test func lateSuccessCompletesAnOrderThatIsBeingVerified() async throws {
            let test = try await TestQueue.make()
            let (first, second) = try await verifiedOrder(test)
            #expect(try await test.settle(.sold(first, reference: "SG-7")).isApplied)
            #expect(try await test.order(first.orderID, "status") == ["completed"])
            // The verification finds the code taken: nothing new.
            try await test.settle(.sold(second, reference: nil, .taken))
            #expect(try await test.order(first.orderID, "status", "order_reference") == ["completed", "SG-7"])
            #expect(try await test.place(first.orderID) == "")
        }

        /// The answer of a stalled worker, after the rescue. A refusal of the order may have kept its codes, so that taken codes prove
        /// nothing from then on; a time-out or a conflict refuses nothing.
        @Test(arguments: [
            (422, Settlement.Outcome.rejected, OrderStatus.rejected, Duration?.none, true),
            (422, .inDoubt, .inDoubt, nil, true),
            (408, .inDoubt, .inDoubt, .seconds(60), false), (409, .inDoubt, .inDoubt, .seconds(60), false),
            (503, .inDoubt, .inDoubt, .seconds(60), false),
        ])
        func onlyALateRefusalMakesTakenCodesUnclear(
            http: Int, outcome: Settlement.Outcome, status: OrderStatus, dueIn: Duration?, isRefusal: Bool
        ) async throws {
            let test = try await TestQueue.make()
            let (first, second) = try await verifiedOrder(test)
            var late = Settlement(of: first, outcome, status, error: "Late.", dueIn: dueIn)
            late.httpStatus = http
            try await test.settle(late)
            var taken = Settlement.sold(second, reference: nil, .taken)
            taken.httpStatus = 422
            try await test.settle(taken)
            #expect(try await test.status(first.orderID) == (isRefusal ? "in_doubt" : "completed"))
        }

        @Test func lateSuccessFillsInAMissingReference() async throws {
            let test = try await TestQueue.make()
            let (first, second) = try await verifiedOrder(test)
            var proof = Settlement.sold(second, reference: nil, .taken)
            proof.error = "Sold: its answer is lost."
            try await test.settle(proof)
            let completed = try await test.order(first.orderID, "completed_at")
            #expect(try await test.settle(.sold(first, reference: "SG-7")).isApplied)
            #expect(
                try await test.order(first.orderID, "completed_at", "order_reference", "error") == completed + [
                    "SG-7", nil,
                ])
            #expect(try await test.settle(.sold(first, reference: "SG-8")).note == .soldAgain)
            #expect(try await test.order(first.orderID, "order_reference") == ["SG-7"])
        }

        /// An operator said that it was not sold, and was wrong.
        @Test(arguments: [OrderStatus.pending, .submitting, .inDoubt, .cancelled])
        func lateSuccessIsTheTruthWhateverAnOperatorSaid(_ status: OrderStatus) async throws {
            let test = try await TestQueue.make()
            let first = try await test.claimedOrder()
            try await test.loseWorker()
            try await test.run("SELECT giftbridge.resolve_unsold(\(first.orderID))")
            switch status {
            case .submitting: try #require(try await test.claim().count == 1)
            case .inDoubt:
                let second = try #require(try await test.claim().first)
                try await test.settle(Settlement(of: second, .rejected, .rejected, error: "The code is taken."))
            case .cancelled: try await test.run("SELECT giftbridge.cancel(\(first.orderID), true, 'Asked.')")
            default: break
            }
            #expect(try await test.status(first.orderID) == status.rawValue)
            #expect(try await test.settle(.sold(first, reference: "SG-7")).isApplied)
            #expect(try await test.order(first.orderID, "status", "order_reference") == ["completed", "SG-7"])
        }

        /// Two accepted answers with different references: the answers come in whatever order, together or not.
        @Test(arguments: [[0, 1], [1, 0]], [true, false])
        func aSecondSaleIsVisible(order: [Int], together: Bool) async throws {
            let test = try await TestQueue.make()
            let first = try await test.claimedOrder()
            try await test.loseWorker()
            try await test.run("SELECT giftbridge.resolve_unsold(\(first.orderID))")
            let second = try #require(try await test.claim().first)
            let sales = [Settlement.sold(first, reference: "SG-1"), .sold(second, reference: "SG-2")]
            // Twice, as after a commit whose answer was lost.
            for _ in 1...2 {
                if together {
                    try await test.settle(sales)
                } else {
                    for index in order { try await test.settle(sales[index]) }
                }
            }
            let story = try await test.order(first.orderID, "order_reference", "error")
            let kept = story[0] == "SG-1" ? 0 : 1
            #expect(
                story[1] == "The vendor also accepted it as SG-\(2 - kept): ask the vendor whether it was sold twice.")
            if !together { #expect(kept == order[0]) }
        }

        /// The vendor prefixes every reference: that alone is no alarm.
        @Test func aReferenceThatDiffersIsNoAlarm() async throws {
            let test = try await TestQueue.make()
            let (_, second) = try await verifiedOrder(test)
            let settled = try await test.settle(.sold(second, reference: "ACME-gb-1"))
            #expect(settled.isApplied && settled.note == nil)
            #expect(try await test.order(second.orderID, "error") == [nil])
        }
    }
}
