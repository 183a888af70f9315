import LibPQ
import TestSupport
import Testing

@testable import Giftbridge

extension DatabaseTests {
    struct AssignedCodeTests {
        @Test func codesAreUniqueAndUseTheWholeAlphabet() async throws {
            let test = try await TestQueue.make()
            try await test.run(
                "CREATE TABLE codes AS SELECT giftbridge.voucher_code() AS code FROM generate_series(1, 10000)")
            #expect(try await test.int("SELECT count(DISTINCT code) FROM codes") == 10_000)
            // Upper case and digits, no 0 O 1 I.
            #expect(try await test.int("SELECT count(*) FROM codes WHERE code !~ '^[2-9A-HJ-NP-Z]{16}$'") == 0)
            // Every symbol at every place, about as often as any other: a fixed bit would show.
            let counts = try await test.connection.query(
                """
                SELECT count(*) AS symbols, min(n) AS rarest, max(n) AS commonest FROM (
                    SELECT place, substr(code, place, 1), count(*) AS n FROM codes, generate_series(1, 16) AS place GROUP BY 1, 2) AS s
                """)
            let row = try #require(counts.first)
            #expect(try row.int("symbols") == 16 * 32)
            #expect(try row.int("rarest") > 200)  // 312 are expected, with a deviation of 17
            #expect(try row.int("commonest") < 425)
        }

        @Test func onlyItemsWithoutACodeGetOne() async throws {
            let test = try await TestQueue.make()
            try await test.run("UPDATE giftbridge.shops SET code_prefix = 'Ab3'")
            let order = try await test.claimedOrder([
                "items": "'[{\"id\": 1}, {\"id\": 2, \"code\": \"MINE\"}, {\"id\": 3, \"code\": null}]'"
            ])
            #expect(order.ownCodes == [0, 2])
            for code in order.assignedCodes.compactMap({ $0 }) {
                #expect(code.wholeMatch(of: /Ab3[2-9A-HJ-NP-Z]{16}/) != nil)
            }
            #expect(order.assignedCodes[0] != order.assignedCodes[2])
        }

        @Test func codesAreStoredBeforeTheyAreSent() async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            let code = try #require(order.assignedCodes[0])
            #expect(try await test.other().order(order.orderID, "assigned_codes") == ["{\(code)}"])
        }

        @Test func codesStayTheSameOverRetriesAndDoubt() async throws {
            let test = try await TestQueue.make()
            let first = try await test.claimedOrder()
            try await test.settle(Settlement(of: first, .retry, .pending, dueIn: .zero))
            let second = try #require(try await test.claim().first)
            try await test.loseWorker()
            try await test.verifyNow()
            let third = try #require(try await test.claim().first)
            try await test.settle(Settlement(of: third, .rejected, .inDoubt, error: "Refused otherwise."))
            try await test.run("SELECT giftbridge.resolve_unsold(\(first.orderID))")
            let fourth = try #require(try await test.claim().first)
            #expect([second, third, fourth].allSatisfy { $0.assignedCodes == first.assignedCodes })
        }

        @Test func shopThatWantsNoCodesGetsNone() async throws {
            let test = try await TestQueue.make()
            try await test.run("UPDATE giftbridge.shops SET assign_codes = false")
            let order = try await test.claimedOrder()
            #expect(order.assignedCodes.isEmpty)
            #expect(try await test.order(order.orderID, "assigned_codes") == [nil])
        }

        @Test func newCodesComeOnlyWhenTheSettleSaysSo() async throws {
            let test = try await TestQueue.make()
            let first = try await test.claimedOrder()
            #expect(!first.codesRenewed)
            var taken = Settlement(of: first, .retry, .pending, error: "Taken.", dueIn: .zero)
            taken.renewsCodes = true
            try await test.settle(taken)
            let second = try #require(try await test.claim().first)
            #expect(second.codesRenewed)
            #expect(second.assignedCodes != first.assignedCodes)
        }

        /// A person can be wrong: then the vendor holds the order's own code as taken, and a new one would sell it again.
        @Test func orderThatWasInDoubtGetsNoNewCodes() async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            try await test.loseWorker()
            try await test.run("SELECT giftbridge.resolve_unsold(\(order.orderID))")
            let again = try #require(try await test.claim().first)
            #expect(again.codesRenewed)
            #expect(again.assignedCodes == order.assignedCodes)
        }
    }
}
