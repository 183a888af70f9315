import LibPQ
import SmartGift
import TestSupport
import Testing

@testable import Giftbridge

extension DatabaseTests {
    struct SettleTests {
        private static let columns = """
            concat_ws(' ', status, attempts, coalesce(order_reference, '-'), coalesce(error, '-'), 'doubt', in_doubt_since IS NOT NULL,
                was_in_doubt, 'refused', was_refused, 'sold', completed_at IS NOT NULL)
            """

        /// Outcome, next state, counted, due in; what the order is then, and where it waits.
        @Test(
            arguments: [
                (.completed, .completed, true, nil, "completed 1 SG-1 - doubt f f refused f sold t", ""),
                (
                    .rejected, .rejected, true, nil, "rejected 1 - Why. doubt f f refused t sold f",
                    "attention rejected"
                ),
                (.retry, .failed, true, nil, "failed 1 - Why. doubt f f refused f sold f", "attention failed"),
                (
                    .retry, .pending, true, .seconds(40), "pending 1 - Why. doubt f f refused f sold f", "due 200"
                ),
                (.retry, .pending, false, .seconds(40), "pending 0 - Why. doubt f f refused f sold f", "due 0"),
                (.released, .pending, false, .zero, "pending 0 - Why. doubt f f refused f sold f", "due 0"),
                (
                    .inDoubt, .inDoubt, true, .seconds(60),
                    "in_doubt 1 - Why. Giftbridge will verify it. doubt t t refused f sold f", "due 200"
                ),
                (
                    .inDoubt, .inDoubt, true, nil,
                    "in_doubt 1 - Why. Ask the vendor, then resolve the order. doubt t t refused f sold f",
                    "attention in_doubt"
                ),
            ] as [(Settlement.Outcome, OrderStatus, Bool, Duration?, String, String)])
        func outcomeIsWrittenToOrderJournalAndPlace(
            outcome: Settlement.Outcome, status: OrderStatus, counts: Bool, dueIn: Duration?, expected: String,
            place: String
        ) async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            var result =
                outcome == .completed
                ? Settlement.sold(order) : Settlement(of: order, outcome, status, error: "Why.", dueIn: dueIn)
            result.counts = counts
            result.journalError = "For the journal."
            result.httpStatus = 299
            result.response = "{\"x\": \"é\"}"
            let settled = try await test.settle(result)
            #expect(settled.isApplied && settled.orderID == order.orderID && settled.status == status.rawValue)
            #expect(try await test.order(order.orderID, Self.columns) == [expected])
            #expect(try await test.place(order.orderID) == place)
            #expect(
                try await test.value(
                    "SELECT concat_ws(' ', outcome, http_status, error, response, finished_at >= claimed_at) FROM giftbridge.submissions"
                )
                    == "\(outcome.rawValue) 299 For the journal. {\"x\": \"é\"} t")
        }

        @Test func codesOfAnyTextSurviveTheWay() async throws {
            let test = try await TestQueue.make()
            let codes = [
                "plain", "quote\"", "comma,", "back\\slash", "\\\"", "{braces}", "NULL", "null", " spaces ", "é🎁", "'",
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
            try await test.settle(Settlement(of: order, .retry, .pending, error: "Why.", dueIn: .seconds(5)))
            #expect(
                try await test.value(
                    "SELECT d.due_at = o.submit_after FROM giftbridge.due AS d JOIN giftbridge.orders AS o ON o.id = d.order_id"
                ) == "t")
        }

        @Test func doubtKeepsItsBeginningOverVerifications() async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            try await test.settle(Settlement(of: order, .inDoubt, .inDoubt, error: "Lost.", dueIn: .zero))
            let since = try await test.order(order.orderID, "in_doubt_since")
            let verification = try #require(try await test.claim().first)
            #expect(verification.kind == .verification && verification.attempt == 2 && verification.wasInDoubt)
            try await test.settle(Settlement(of: verification, .retry, .inDoubt, error: "No name.", dueIn: .zero))
            #expect(try await test.order(order.orderID, "status", "in_doubt_since") == ["in_doubt"] + since)
        }

        @Test func fiveHundredAreSettledAtOnceEachWithItsOwn() async throws {
            let test = try await TestQueue.make()
            try await test.insert(500)
            let orders = try await test.claim(500)
            let settled = try await test.settle(orders.map { .sold($0, reference: "SG-\($0.orderID)") })
            #expect(settled.count == 500)
            #expect(settled.allSatisfy { $0.isApplied && $0.status == "completed" && $0.note == nil })
            #expect(
                try await test.int(
                    """
                    SELECT count(*) FROM giftbridge.orders AS o JOIN giftbridge.codes AS c ON c.order_id = o.id
                    WHERE o.order_reference = 'SG-' || o.id AND o.voucher_codes = ARRAY[c.code]
                    """) == 500)
            #expect(try await test.int("SELECT count(*) FROM giftbridge.in_flight") == 0)
        }

        @Test func aBadResultSinksItsBatchAndNothingElse() async throws {
            let test = try await TestQueue.make()
            try await test.insert(3)
            let orders = try await test.claim()
            var results = orders.map { Settlement.sold($0) }
            results[1].response = String(repeating: "x", count: 4097)
            let error = try await #require(throws: QueueError.self) { try await test.settle(results) }
            guard case .refused(let refusal) = error else {
                Issue.record("not refused: \(error)")
                return
            }
            #expect(refusal.sqlState == "23514")
            #expect(try await test.int("SELECT count(*) FROM giftbridge.journal") == 0)
            #expect(try await test.settle(results[0]).isApplied)
            #expect(try await test.settle(results[2]).isApplied)
            #expect(try await test.status(orders[1].orderID) == "submitting")
        }

        /// A shop's transaction holds one order: the others are written at once, and that one when it is free.
        @Test func aLockedOrderIsLeftOutAndDelaysNoOther() async throws {
            let test = try await TestQueue.make()
            let ids = try await test.insert(3)
            let orders = try await test.claim()
            let holder = try await test.other()
            try await holder.run("BEGIN; SELECT FROM giftbridge.orders WHERE id = \(ids[1]) FOR UPDATE")
            let results = orders.map { Settlement.sold($0) }
            let error = try await #require(throws: QueueError.self) { try await test.settle(results) }
            guard case .busy(let refusal) = error else {
                Issue.record("not busy: \(error)")
                return
            }
            #expect(refusal.sqlState == "55P03")
            let settled = try await test.settle(results, skipsLocked: true)
            #expect(Set(settled.filter(\.isApplied).map(\.orderID)) == [ids[0], ids[2]])
            #expect(settled.first { $0.orderID == ids[1] }?.status == "locked")
            try await holder.run("COMMIT")
            #expect(try await test.settle(results[1]).isApplied)
        }

        @Test func codesOfAnotherOrderAreNotStored() async throws {
            let test = try await TestQueue.make()
            try await test.insert(2)
            let orders = try await test.claim()
            let foreign = try #require(orders[1].sentCodes?.codes[0])
            let settled = try await test.settle(.sold(orders[0], codes: [foreign.lowercased()], .unknown))
            #expect(settled.note == .foreign && settled.status == "in_doubt")
            #expect(try await test.order(orders[0].orderID, "voucher_codes", "order_reference") == [nil, nil])
            #expect(try await test.place(orders[0].orderID) == "due 200")
            #expect(try await test.settle(.sold(orders[1])).status == "completed")
        }

        @Test func codesThatAreUnknownCompleteTheOrderAndFlagTheShop() async throws {
            let test = try await TestQueue.make()
            try await test.insert(2)
            let orders = try await test.claim()
            let settled = try await test.settle(.sold(orders[0], codes: ["VENDORS"], .unknown))
            #expect(settled.note == .codesIgnored && settled.status == "completed")
            #expect(try await test.order(orders[0].orderID, "voucher_codes") == ["{VENDORS}"])
            // Nothing of the shop is verified by sending it again from now on, whenever its doubt began.
            try await test.settle(Settlement(of: orders[1], .inDoubt, .inDoubt, error: "Lost.", dueIn: .zero))
            #expect(try await test.place(orders[1].orderID) == "attention in_doubt")
            #expect(try await test.claim().isEmpty)
            let verify = try await test.error("SELECT giftbridge.verify(\(orders[1].orderID))")
            #expect(verify.message.contains("ignores voucher codes"))
            try await test.run("SELECT giftbridge.resume('default'); SELECT giftbridge.verify(\(orders[1].orderID))")
            #expect(try await test.claim().map(\.kind) == [.verification])
        }

        @Test func anOrderInDoubtOfAFlaggedShopIsTakenOutOfTheQueue() async throws {
            let test = try await TestQueue.make()
            try await test.insert(2)
            let orders = try await test.claim()
            try await test.settle(Settlement(of: orders[1], .inDoubt, .inDoubt, error: "Lost.", dueIn: .zero))
            try await test.settle(.sold(orders[0], codes: ["VENDORS"], .unknown))
            #expect(try await test.claim().isEmpty)
            #expect(try await test.place(orders[1].orderID) == "attention in_doubt")
        }

        @Test func respelledCodesAreKeptAsTheVendorSpellsThem() async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            let code = try #require(order.sentCodes?.codes[0])
            let settled = try await test.settle(.sold(order, codes: [code.lowercased()], .respelled))
            #expect(settled.note == .codesRespelled)
            #expect(try await test.order(order.orderID, "voucher_codes") == ["{\(code.lowercased())}"])
        }

        /// All assigned codes are taken, on whichever attempt: sold once, by this request or an earlier copy of it.
        @Test(arguments: [false, true])
        func takenCodesAreTheSaleUnlessTheOrderWasRefusedBefore(wasRefused: Bool) async throws {
            let test = try await TestQueue.make()
            var order = try await test.claimedOrder()
            if wasRefused {
                var refused = Settlement(of: order, .rejected, .rejected, error: "No.")
                refused.httpStatus = 422
                try await test.settle(refused)
                try await test.run("SELECT giftbridge.retry(\(order.orderID))")
                order = try #require(try await test.claim().first)
                #expect(order.wasRefused)
            }
            // Whatever the worker decides: the database has the last word.
            var taken = Settlement.sold(order, reference: nil, .taken)
            taken.httpStatus = 422
            try await test.settle(taken)
            #expect(try await test.status(order.orderID) == (wasRefused ? "in_doubt" : "completed"))
            #expect(try await test.place(order.orderID) == (wasRefused ? "attention in_doubt" : ""))
        }

        /// What was ever in doubt is not believed to be unsold, whatever an operator resolved since.
        @Test func doubtIsRemembered() async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            try await test.settle(Settlement(of: order, .inDoubt, .inDoubt, error: "Lost.", dueIn: .zero))
            try await test.run("SELECT giftbridge.resolve_unsold(\(order.orderID))")
            let again = try #require(try await test.claim().first)
            #expect(again.kind == .sale && again.wasInDoubt)
            try await test.settle(Settlement(of: again, .rejected, .rejected, error: "No such voucher."))
            #expect(try await test.status(order.orderID) == "in_doubt")
            let update = try await test.error("UPDATE giftbridge.orders SET customer_first_name = 'Bob'")
            #expect(update.sqlState == "55000")
            try await test.run("SELECT giftbridge.resolve_unsold(\(order.orderID))")
            let cancel = try await test.error("SELECT giftbridge.cancel(\(order.orderID))")
            #expect(cancel.message.contains("only an operator"))
            try await test.run("SELECT giftbridge.cancel(\(order.orderID), true, 'The vendor says no.')")
            #expect(
                try await test.column(
                    "SELECT concat_ws(' ', action, before, after, reason) FROM giftbridge.actions ORDER BY id")
                    == [
                        "resolve_unsold in_doubt pending", "resolve_unsold in_doubt pending",
                        "cancel pending cancelled The vendor says no.",
                    ])
        }

        @Test func lookUpsDecideWhatTheirSumProves() async throws {
            for (found, expected) in [
                ([true, true], "completed"), ([false, false], "due 200"), ([true, false], "attention in_doubt"),
            ] {
                let test = try await TestQueue.make()
                try await test.run("UPDATE giftbridge.shops SET site_id = 7")
                let order = try await test.claimedOrder(["items": "'[{\"id\": 1}, {\"id\": 2}]'"])
                try await test.settle(Settlement(of: order, .inDoubt, .inDoubt, error: "Some codes are taken."))
                for (position, isFound) in found.enumerated() {
                    let lookup = try #require(try await test.claim().first)
                    #expect(lookup.kind == .lookup && lookup.position == position && lookup.siteID == 7)
                    var result = Settlement(of: lookup, .completed, .inDoubt)
                    (result.isFound, result.httpStatus) = (isFound, isFound ? 200 : 422)
                    try await test.settle(result)
                }
                let place = try await test.place(order.orderID)
                #expect((place.isEmpty ? try await test.status(order.orderID) : place) == expected)
                #expect(try await test.int("SELECT count(*) FROM giftbridge.submissions WHERE kind = 'lookup'") == 2)
                await test.connection.close()
            }
        }

        /// A code that the shop chose may have been sold with another order: that it exists proves nothing.
        @Test func thatACodeOfTheShopExistsProvesNoSale() async throws {
            let test = try await TestQueue.make()
            try await test.run("UPDATE giftbridge.shops SET site_id = 7")
            let order = try await test.claimedOrder(["items": "'[{\"id\": 1, \"code\": \"SUMMER26\"}]'"])
            try await test.settle(Settlement(of: order, .inDoubt, .inDoubt, error: "No answer."))
            let lookup = try #require(try await test.claim().first)
            var result = Settlement(of: lookup, .completed, .inDoubt)
            (result.isFound, result.httpStatus) = (true, 200)
            try await test.settle(result)
            #expect(try await test.place(order.orderID) == "attention in_doubt")
            #expect(
                try await test.value("SELECT error FROM giftbridge.orders")?.contains("the shop chose them") == true)
        }

        @Test func aResultOfNoOrderIsKeptWithItsReferenceAndTheHashOfItsCodes() async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            try await test.run(
                "SET session_replication_role = replica; DELETE FROM giftbridge.orders; RESET session_replication_role")
            let settled = try await test.settle(.sold(order, reference: "SG-9"))
            #expect(settled.note == .gone && !settled.isApplied)
            #expect(
                try await test.value(
                    "SELECT concat_ws(' ', outcome, reference, length(codes_hash)) FROM giftbridge.journal")
                    == "completed SG-9 32")
        }

        /// The database was set back to before the claim; the order has another id now, as after a shop's repeated insert.
        @Test(arguments: [0, 7]) func aLateSaleOfAnUnknownAttemptFindsItsOrderByItsCodesAndIsInTheJournal(shift: Int)
            async throws
        {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            try await test.run("DELETE FROM giftbridge.in_flight")
            let sold = Settlement.sold(order, reference: "SG-9")
            if shift > 0 {
                try await test.run(
                    """
                    SET session_replication_role = replica;
                    ALTER TABLE giftbridge.orders ALTER id DROP IDENTITY;
                    UPDATE giftbridge.orders SET id = id + \(shift); UPDATE giftbridge.codes SET order_id = order_id + \(shift);
                    RESET session_replication_role
                    """)
            }
            // Twice, as after a commit whose answer was lost.
            for _ in 1...2 { #expect(try await test.settle(sold).status == "completed") }
            #expect(
                try await test.column(
                    "SELECT concat_ws(' ', order_id, shop, outcome, reference) FROM giftbridge.journal")
                    == ["\(order.orderID + shift) default completed SG-9"])
            #expect(try await test.order(order.orderID + shift, "order_reference") == ["SG-9"])
        }
    }
}
