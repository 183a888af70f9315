import Foundation
import LibPQ
import TestSupport
import Testing

extension OneAtATime {
    /// What the vendor's pages leave open, and what stands between the vendor and Giftbridge may do.
    @Suite struct HabitTests {
        private static let three = #"[{"id": 1, "price": 5}, {"id": 1, "price": 6.5}, {"id": 1, "price": 12}]"#

        /// A layer on the way sends the first attempt twice; what comes back is the second copy's answer: the codes are taken.
        @Test func aFirstAttemptThatArrivesTwiceIsSoldOnceAndCompleted() async throws {
            let database = try await TestServer.shared.database()
            try await VendorPeer.run { vendor in
                try await vendor.treat(["sent_twice"])
                try await database.insert(orders: ["one", "two"])
                try await database.insert(orders: ["three"], items: Self.three)
                try await Bridge.patient(database, vendor).run { _ in try await database.waitUntilSettled() }
                let books = try await expectTheBooksBalance(database, vendor)
                // It struck: the sale went through, and its answer was a refusal.
                #expect(books.sales.count == 3)
                #expect(books.requests.count == 3 && books.requests.allSatisfy { $0.status == 422 })
                #expect(try await database.states() == "completed=3")
                for id in ["one", "two", "three"] { #expect(books.end(of: id) == "completedByProof") }
            }
        }

        @Test func aPrefixBeforeReferencesRaisesNoAlarm() async throws {
            let database = try await TestServer.shared.database()
            try await VendorPeer.run(["--rate-limit", "0", "--reference-prefix", "SHOP-1-"]) { vendor in
                try await database.insert(orders: ["7", "8"])
                let outcome = try await Bridge.patient(database, vendor).runAndDrain { _ in
                    try await database.waitUntilSettled()
                }
                let books = try await expectTheBooksBalance(database, vendor)
                #expect(books.orders["7"]?.reference == "SHOP-1-7" && books.orders["8"]?.reference == "SHOP-1-8")
                #expect(books.orders.values.allSatisfy { $0.error == nil })
                #expect(!outcome.text.contains(#""level":"warning""#) && !outcome.text.contains(#""level":"critical""#))
                #expect(try await database.holds("count(*) = 0 FROM giftbridge.status WHERE last_error IS NOT NULL"))
            }
        }

        /// Completed with the codes that the vendor made; and no order of the shop is sent again automatically from then on.
        @Test func whereCodesAreIgnoredNoOrderIsSentAgain() async throws {
            let database = try await TestServer.shared.database()
            try await VendorPeer.run { vendor in
                try await vendor.treat(["codes_ignored"])
                try await vendor.fault("close_after", orderID: "doubted before")
                try await vendor.fault("close_after", orderID: "doubted after")
                let bridge = Bridge.patient(database, vendor, ["GIFTBRIDGE_VERIFY_AFTER": "4s"])
                try await bridge.run { worker in
                    try await database.insert(orders: ["doubted before"])
                    try await database.wait(for: "in_doubt", from: "SELECT status FROM giftbridge.orders")
                    try await database.insert(orders: ["sold"], items: Self.three)
                    try await worker.line(containing: "The vendor ignores voucher codes")
                    #expect(try await database.holds("codes_ignored_at IS NOT NULL FROM giftbridge.queue"))
                    try await database.insert(orders: ["doubted after", "later"])
                    try await database.waitUntilSettled()
                }
                let books = try await expectTheBooksBalance(
                    database, vendor, awaitingAPerson: ["doubted before", "doubted after"])
                #expect(books.orders["sold"]?.status == "completed" && books.orders["later"]?.status == "completed")
                #expect(books.orders["sold"]?.error?.contains("ignored the voucher codes") == true)
                for id in ["doubted before", "doubted after"] {
                    #expect(books.faults(of: id) == ["close_after"], "\(id)")
                }
            }
        }

        @Test func anAnswerWithTheCodesOfAnotherOrderIsNotStored() async throws {
            let database = try await TestServer.shared.database()
            try await VendorPeer.run { vendor in
                // One after the other, so that the answer before is the other order's.
                let bridge = Bridge.patient(database, vendor, ["GIFTBRIDGE_CONCURRENCY": "1"])
                try await bridge.run { worker in
                    try await database.insert(orders: ["first"])
                    try await database.waitUntilSettled()
                    try await vendor.fault("stale_answer", orderID: "second")
                    try await database.insert(orders: ["second"])
                    try await worker.line(containing: "The vendor's answer has codes of another order")
                    #expect(try await database.order("second", "status") == "in_doubt")
                    #expect(try await database.order("second", "voucher_codes") == nil)
                    try await database.waitUntilSettled()
                }
                let isOpen = try await database.order("second", "status") == "in_doubt"
                let books = try await expectTheBooksBalance(database, vendor, awaitingAPerson: isOpen ? ["second"] : [])
                #expect(books.faults(of: "second").first == "stale_answer")
                #expect(books.orders["first"]?.codes != books.orders["second"]?.codes)
            }
        }

        @Test func codesInAnotherOrderGoToTheirItems() async throws {
            let database = try await TestServer.shared.database()
            try await VendorPeer.run { vendor in
                try await vendor.treat(["codes_reordered"])
                try await database.insert(orders: ["a", "b"], items: Self.three)
                try await Bridge.patient(database, vendor).run { _ in try await database.waitUntilSettled() }
                let books = try await expectTheBooksBalance(database, vendor)
                for id in ["a", "b"] {
                    #expect(books.end(of: id) == "completedWithReference")
                    #expect(books.orders[id]?.codes?.count == 3)
                }
                #expect(
                    try await database.holds(
                        """
                        bool_and(o.voucher_codes = ARRAY(
                            SELECT c.code FROM giftbridge.codes AS c WHERE c.order_id = o.id ORDER BY c.position))
                        FROM giftbridge.orders AS o
                        """))
            }
        }
    }
}

extension VendorPeer {
    /// Treats sale requests with these habits from now on.
    func treat(_ habits: [String]) async throws {
        try await post("habits", ["habits": habits])
    }
}
