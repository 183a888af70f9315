import LibPQ
import TestSupport
import Testing

@testable import Giftbridge

extension DatabaseTests {
    /// Rows that are not at an end cannot be deleted or truncated away; nor can what they depend on.
    struct OrderKeepingTests {
        @Test(arguments: [OrderStatus.pending, .submitting, .inDoubt])
        func anOrderThatIsNotAtAnEndIsNotDeleted(_ status: OrderStatus) async throws {
            let test = try await TestQueue.make()
            let id = try await test.insert(in: status)
            let error = try await test.error("DELETE FROM giftbridge.orders")
            #expect(error.sqlState == "55000")
            #expect(error.message.hasPrefix("order \(id) is "))
            #expect(error.hint?.contains("giftbridge.cancel") == true && error.hint?.contains("resolve_sold") == true)
            #expect(try await test.int("SELECT count(*) FROM giftbridge.codes WHERE order_id = \(id)") == 1)
            let truncated = try await test.error("TRUNCATE giftbridge.orders")
            #expect(truncated.sqlState == "55000" && truncated.hint?.contains("giftbridge.cancel") == true)
            #expect(try await test.status(id) == status.rawValue)
        }

        /// One in doubt that will be verified is in due and not in attention.
        @Test func anOrderThatWillBeVerifiedIsNotTruncated() async throws {
            let test = try await TestQueue.make()
            _ = try await test.claimedOrder()
            try await test.loseWorker()
            #expect(try await test.error("TRUNCATE giftbridge.orders").sqlState == "55000")
            #expect(try await test.error("DELETE FROM giftbridge.orders").sqlState == "55000")
        }

        @Test(arguments: [OrderStatus.completed, .rejected, .failed, .cancelled], ["DELETE FROM", "TRUNCATE"])
        func anOrderAtAnEndGoesWithAllButItsAttempts(_ status: OrderStatus, _ statement: String) async throws {
            let test = try await TestQueue.make()
            let sold = try await test.claimedOrder()
            try await test.settle(.sold(sold))
            _ = try await test.insert(in: status)
            try await test.run("\(statement) giftbridge.orders")
            for table in ["orders", "codes", "due", "attention", "lookups"] {
                #expect(try await test.int("SELECT count(*) FROM giftbridge.\(table)") == 0, "\(table)")
            }
            #expect(try await test.int("SELECT count(*) FROM giftbridge.journal") == 1)
        }

        @Test func oneOpenOrderKeepsTheWholeStatementBack() async throws {
            let test = try await TestQueue.make()
            _ = try await test.insert(in: .completed)
            _ = try await test.insert(in: .pending)
            _ = try await test.error("DELETE FROM giftbridge.orders")
            #expect(try await test.int("SELECT count(*) FROM giftbridge.orders") == 2)
        }

        @Test(arguments: [
            ("UPDATE giftbridge.shops SET name = 'new'", "renamed"), ("DELETE FROM giftbridge.shops", "deleted"),
        ])
        func aShopThatHasOrdersKeepsItsName(statement: String, word: String) async throws {
            let test = try await TestQueue.make()
            let id = try await test.insert(in: .completed)
            let error = try await test.error(statement)
            #expect(error.sqlState == "55000" && error.message == "shop default has orders: it cannot be \(word)")
            try await test.run("DELETE FROM giftbridge.orders WHERE id = \(id)")
            try await test.run(statement)
            #expect(
                try await test.int("SELECT count(*) FROM giftbridge.shop_state WHERE shop = 'default'") == 0)
        }
    }
}
