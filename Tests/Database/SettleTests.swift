import LibPQ
import TestSupport
import Testing

@testable import Giftbridge

extension DatabaseTests {
    struct SettleTests {
        private static let columns = """
            concat_ws(' ', status, attempts, coalesce(order_reference, '-'), coalesce(voucher_codes::text, '-'),
                coalesce(error, '-'), 'due', coalesce(round(extract(epoch FROM due_at - updated_at))::text, '-'),
                'held', submission_id IS NOT NULL, 'doubt', in_doubt_since IS NOT NULL, 'sold', completed_at IS NOT NULL)
            """

        /// Outcome, next state, counted, due in; what the order is then, after `status`.
        @Test(
            arguments: [
                (
                    Settlement.Outcome.completed, OrderStatus.completed, true, nil,
                    "1 SG-1 {AB,CD} Why. due - held f doubt f sold t"
                ),
                (.rejected, .rejected, true, nil, "1 - - Why. due - held f doubt f sold f"),
                (.retry, .failed, true, nil, "1 - - Why. due - held f doubt f sold f"),
                (.retry, .pending, true, Duration.seconds(40), "1 - - Why. due 40 held f doubt f sold f"),
                (.retry, .pending, false, .seconds(40), "0 - - Why. due 40 held f doubt f sold f"),
                (.released, .pending, false, .zero, "0 - - Why. due 0 held f doubt f sold f"),
                (.inDoubt, .inDoubt, true, .seconds(60), "1 - - Why. due 60 held f doubt t sold f"),
                (.inDoubt, .inDoubt, true, nil, "1 - - Why. due - held f doubt t sold f"),
            ] as [(Settlement.Outcome, OrderStatus, Bool, Duration?, String)])
        func outcomeIsWrittenToOrderAndJournal(
            outcome: Settlement.Outcome, status: OrderStatus, counts: Bool, dueIn: Duration?, expected: String
        ) async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            var settlement = Settlement(of: order, outcome, status, error: "Why.", dueIn: dueIn)
            settlement.counts = counts
            settlement.journalError = "For the journal."
            settlement.httpStatus = 299
            settlement.response = "{\"x\": \"é\"}"
            // Only a sale has them, whatever is given.
            settlement.reference = "SG-1"
            settlement.voucherCodes = ["AB", "CD"]
            let settled = try await test.settle(settlement)
            #expect(settled.isApplied)
            #expect(settled.orderID == order.orderID)
            #expect(settled.status == status.rawValue)
            #expect(try await test.order(order.orderID, Self.columns) == ["\(status.rawValue) \(expected)"])
            #expect(
                try await test.value(
                    "SELECT concat_ws(' ', outcome, http_status, error, response, finished_at >= claimed_at) FROM giftbridge.submissions"
                )
                    == "\(outcome.rawValue) 299 For the journal. {\"x\": \"é\"} t")
        }

        @Test func codesOfAnyTextSurviveTheWay() async throws {
            let test = try await TestQueue.make()
            let codes = [
                "plain", "quote\"", "comma,", "back\\slash", "\\\"", "{braces}", "NULL", "null", "", " spaces ", "é🎁",
                "'",
                "two\nlines", "\t", "a;b",
            ]
            let order = try await test.claimedOrder()
            try await test.settle(.sold(order, codes: codes))
            let row = try await test.connection.query("SELECT voucher_codes FROM giftbridge.orders").first
            #expect(try row?.textArray(0) == codes)
        }

        @Test func retryNeverComesBeforeSubmitAfter() async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            try await test.run(
                """
                SET session_replication_role = replica;
                UPDATE giftbridge.orders SET submit_after = now() + interval '1 h';
                RESET session_replication_role
                """)
            try await test.settle(Settlement(of: order, .retry, .pending, dueIn: .seconds(5)))
            #expect(try await test.order(order.orderID, "due_at = submit_after") == ["true"])
        }

        @Test func doubtKeepsItsBeginningOverVerifications() async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            try await test.settle(Settlement(of: order, .inDoubt, .inDoubt, error: "Lost.", dueIn: .zero))
            let since = try await test.order(order.orderID, "in_doubt_since")
            let verification = try #require(try await test.claim().first)
            try await test.settle(Settlement(of: verification, .retry, .inDoubt, error: "No name.", dueIn: .zero))
            #expect(try await test.order(order.orderID, "in_doubt_since", "attempts") == since + ["2"])
        }

        @Test func fiveHundredAreSettledAtOnceEachWithItsOwn() async throws {
            let test = try await TestQueue.make()
            try await test.insert(500)
            let orders = try await test.claim(500)
            let settled = try await test.queue.settle(
                orders.map { .sold($0, reference: "SG-\($0.orderID)", codes: ["A\($0.orderID)", "B\($0.orderID)"]) })
            #expect(settled.count == 500)
            #expect(settled.allSatisfy { $0.isApplied && $0.status == "completed" })
            #expect(
                try await test.int(
                    """
                    SELECT count(*) FROM giftbridge.orders
                    WHERE order_reference = 'SG-' || id AND voucher_codes = ARRAY['A' || id, 'B' || id]
                    """) == 500)
        }

        @Test func badResultSinksItsBatchButNotTheOthersAlone() async throws {
            let test = try await TestQueue.make()
            try await test.insert(3)
            let orders = try await test.claim()
            var settlements = orders.map { Settlement.sold($0) }
            settlements[1].response = String(repeating: "x", count: 4097)
            let error = try await #require(throws: ServerError.self) { try await test.queue.settle(settlements) }
            #expect(error.sqlStateClass == "23")
            #expect(try await test.int("SELECT count(*) FROM giftbridge.submissions WHERE outcome IS NOT NULL") == 0)
            #expect(try await test.settle(settlements[0]).isApplied)
            await #expect(throws: ServerError.self) { try await test.settle(settlements[1]) }
            #expect(try await test.settle(settlements[2]).isApplied)
            #expect(try await test.status(orders[1].orderID) == "submitting")
        }

        @Test func codesThatAreNoArrayAreRefusedAsData() async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            let error = try await test.error(
                """
                SELECT giftbridge.settle('{\(order.submissionID)}', '{completed}', '{completed}', '{t}', '{null}', '{f}', '{200}',
                    '{null}', '{null}', '{null}', '{SG-1}', ARRAY['{no array'])
                """)
            #expect(error.sqlStateClass == "22")
            #expect(try await test.status(order.orderID) == "submitting")
        }

        @Test func unknownSubmissionIsNoResult() async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            let unknown = Settlement(
                submissionID: 999, orderID: order.orderID, shop: "default", outcome: .completed, status: .completed)
            #expect(try await test.queue.settle([unknown]).isEmpty)
            #expect(try await test.queue.settle([]).isEmpty)
            #expect(try await test.status(order.orderID) == "submitting")
        }
    }
}
