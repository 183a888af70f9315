import LibPQ
import SmartGift
import TestSupport
import Testing

@testable import Giftbridge

extension DatabaseTests {
    /// Voucher codes are made when the order is inserted, derived from it, and belong to it for ever.
    struct CodeTests {
        private static let codes =
            "SELECT string_agg(code, ' ' ORDER BY position) FROM giftbridge.codes WHERE order_id = "

        @Test func codesAreUniqueAndUseTheWholeAlphabet() async throws {
            let test = try await TestQueue.make()
            try await test.run(
                """
                CREATE TABLE codes AS SELECT giftbridge.derived_code(sha256('secret'), sha256(int4send(i)), 1) AS code
                FROM generate_series(1, 10000) AS i
                """)
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

        @Test func codesAreThereWithTheInsert() async throws {
            let test = try await TestQueue.make()
            try await test.run("UPDATE giftbridge.shops SET code_prefix = 'Ab3'")
            let id = try await test.insert(
                1, ["items": "'[{\"id\": 1}, {\"id\": 2, \"code\": \"MINE\"}, {\"id\": 3, \"code\": null}]'"])[0]
            let made = try await test.column(
                "SELECT code || ' ' || is_assigned FROM giftbridge.codes ORDER BY position")
            #expect(made.count == 3 && made[1] == "MINE false")
            for code in [made[0], made[2]] { #expect(code.wholeMatch(of: /Ab3[2-9A-HJ-NP-Z]{16} true/) != nil) }
            let order = try #require(try await test.claim().first)
            #expect(order.orderID == id && order.assignedPositions == [0, 2])
            #expect(order.sentCodes?.codes == [made[0], made[1], made[2]].map { String($0.split(separator: " ")[0]) })
        }

        @Test func aShopThatAssignsNoneHasNone() async throws {
            let test = try await TestQueue.make()
            try await test.run("UPDATE giftbridge.shops SET assign_codes = false")
            try await test.insert()
            #expect(try await test.int("SELECT count(*) FROM giftbridge.codes") == 0)
            #expect(try await test.claim().first?.assignedCodes == [nil])
        }

        /// After a restore, or a failover that lost the last commits, the shop inserts the order again.
        @Test func theSameOrderHasTheSameCodesAgainAndAnotherNever() async throws {
            let test = try await TestQueue.make()
            try await test.shop("second")
            let number = ["shop_order_id": "'100045'", "items": "'[{\"id\": 1}, {\"id\": 1}]'"]
            let first = try await test.insert(1, number)[0]
            let codes = try #require(try await test.value(Self.codes + "\(first)"))
            #expect(Set(codes.split(separator: " ")).count == 2, "each item has its own")
            func codesOfAnother(_ columns: [String: String]) async throws -> String? {
                try await test.run(
                    """
                    SET session_replication_role = replica;
                    DELETE FROM giftbridge.orders; DELETE FROM giftbridge.codes; DELETE FROM giftbridge.due;
                    RESET session_replication_role
                    """)
                let id = try await test.insert(1, number.merging(columns) { $1 })[0]
                return try await test.value(Self.codes + "\(id)")
            }
            #expect(try await codesOfAnother([:]) == codes)
            #expect(try await codesOfAnother(["priority": "9", "submit_after": "now() + interval '1 h'"]) == codes)
            for other in [
                ["shop_order_id": "'100046'"], ["shop_order_id": "NULL"], ["shop": "'second'"],
                ["customer_email": "'eve@example.com'"],
                ["items": "'[{\"id\": 1, \"to\": \"Ann\"}, {\"id\": 1}]'"], ["delivery_date": "'2031-01-02'"],
                ["payment_method": "2"],
            ] {
                let different = try await codesOfAnother(other)
                #expect(different != codes, "\(other)")
            }
            // Without a number two orders that are alike have nothing in common.
            let ids = try await test.insert(2)
            #expect(try await test.value(Self.codes + "\(ids[0])") != test.value(Self.codes + "\(ids[1])"))
        }

        @Test func anotherInstallationHasOtherCodes() async throws {
            let columns = ["shop_order_id": "'100045'"]
            var seen: Set<String?> = []
            for _ in 1...2 {
                let test = try await TestQueue.make()
                // Databases of tests are copies of one.
                try await test.run("UPDATE giftbridge.installation SET secret = sha256(uuid_send(gen_random_uuid()))")
                seen.insert(try await test.value(Self.codes + "\(try await test.insert(1, columns)[0])"))
                await test.connection.close()
            }
            #expect(seen.count == 2)
        }

        @Test func codesStayTheSameOverRetriesDoubtAndEdits() async throws {
            let test = try await TestQueue.make()
            let first = try await test.claimedOrder()
            try await test.settle(Settlement(of: first, .retry, .pending, error: "No route.", dueIn: .zero))
            let second = try #require(try await test.claim().first)
            try await test.settle(Settlement(of: second, .rejected, .rejected, error: "No such voucher."))
            try await test.run(
                """
                UPDATE giftbridge.orders SET items = '[{"id": 2, "price": 5}, {"id": 3}]'; SELECT giftbridge.retry(\(first.orderID))
                """)
            let third = try #require(try await test.claim().first)
            #expect(third.assignedCodes.count == 2 && third.assignedCodes[1] != nil)
            try await test.loseWorker()
            try await test.run("SELECT giftbridge.resolve_unsold(\(first.orderID))")
            try await test.run("UPDATE giftbridge.orders SET items = '[{\"id\": 2, \"price\": 6}]'")
            let fourth = try #require(try await test.claim().first)
            for order in [second, third, fourth] { #expect(order.assignedCodes[0] == first.assignedCodes[0]) }
        }

        @Test func anAssignedCodeCannotBeReplacedNorTakenByAnotherOrder() async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            let code = try #require(order.assignedCodes[0])
            try await test.settle(Settlement(of: order, .rejected, .rejected, error: "No."))
            let replaced = try await test.error(
                "UPDATE giftbridge.orders SET items = '[{\"id\": 1, \"code\": \"MINE\"}]'")
            #expect(replaced.message.hasPrefix("items[0].code can no longer be chosen"))
            for spelling in [code, code.lowercased()] {
                let taken = try await test.error(
                    TestQueue.insert(1, ["items": "'[{\"id\": 7}, {\"id\": 1, \"code\": \"\(spelling)\"}]'"]))
                #expect(taken.message.hasPrefix("items[1].code is already used by another order"))
                #expect(taken.sqlState == "23514")
            }
            try await test.run("INSERT INTO giftbridge.shops (name, payment_method) VALUES ('second', 1)")
            try await test.insert(1, ["items": "'[{\"id\": 1, \"code\": \"MINE\"}]'"])
        }

        @Test func aCodeThatTheShopChoseCanBeCorrectedUnlessTheOrderWasInDoubt() async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder(["items": "'[{\"id\": 1, \"code\": \"MINE\"}, {\"id\": 1}]'"])
            try await test.settle(Settlement(of: order, .rejected, .rejected, error: "The code is taken."))
            try await test.run("UPDATE giftbridge.orders SET items = '[{\"id\": 1, \"code\": \"OTHER\"}, {\"id\": 1}]'")
            try await test.run("SELECT giftbridge.retry(\(order.orderID))")
            let again = try #require(try await test.claim().first)
            #expect(again.sentCodes?.codes[0] == "OTHER")
            try await test.loseWorker()
            try await test.run("SELECT giftbridge.resolve_unsold(\(order.orderID))")
            let error = try await test.error(
                "UPDATE giftbridge.orders SET items = '[{\"id\": 1, \"code\": \"THIRD\"}, {\"id\": 1}]'")
            #expect(error.message.contains("was in doubt"))
        }
    }
}
