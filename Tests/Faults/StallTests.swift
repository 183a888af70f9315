import Foundation
import LibPQ
import TestSupport
import Testing

extension OneAtATime {
    /// SIGSTOP for longer than the lease, then SIGCONT: a worker that wakes up into a world that went on without it.
    @Suite struct StallTests {
        private static let settings = ["GIFTBRIDGE_LEASE": "2s", "GIFTBRIDGE_CONCURRENCY": "8"]

        /// The stalled worker's request hangs at the vendor until the worker stands still; meanwhile another verifies.
        @Test(arguments: ["hang_after", "hang_before", "hang_then_sell"])
        func aStalledRequestIsVerifiedByAnotherAndSettledOnce(fault: String) async throws {
            let database = try await TestServer.shared.database()
            try await VendorPeer.run { vendor in
                try await vendor.fault(fault, orderID: "1")
                try await database.insertOrders(1...1)
                let bridge = Bridge.patient(database, vendor)
                let outcome = try await bridge.run { stalled in
                    try await wait(for: "the request at the vendor") { try await !vendor.requests().isEmpty }
                    stalled.signal(SIGSTOP)
                    try await database.endLeases()
                    try await bridge.run { _ in try await database.waitUntilSettled() }
                    #expect(try await database.order("1", "status") == "completed")
                    let settled = try await Self.fingerprint(database)

                    stalled.signal(SIGCONT)
                    try await stalled.line(containing: "Another process acted on the order meanwhile")
                    #expect(
                        try await Self.fingerprint(database) == settled, "the stalled worker settled over the result")
                    stalled.signal(SIGTERM)
                    try await stalled.end()
                }.outcome
                #expect(outcome.status == 0)
                let books = try await expectTheBooksBalance(database, vendor)
                #expect(books.faults(of: "1") == [fault, nil])
                // Its own word is in the journal all the same.
                // The rescue's, the verification's, and the late one of the first request.
                #expect(
                    try await database.holds("count(*) = 3 AND count(DISTINCT token) = 2 FROM giftbridge.journal"))
            }
        }

        /// The answer was on the way when the worker stood still: it is read after the verification has proven the sale.
        @Test func aLateSuccessFillsInTheReference() async throws {
            let database = try await TestServer.shared.database()
            try await VendorPeer.run(["--rate-limit", "0", "--latency", "1500ms"]) { vendor in
                try await database.insertOrders(1...6)
                // Patient enough to believe the answer when it wakes up.
                let patient = Bridge.quick(
                    database, vendor, ["GIFTBRIDGE_LEASE": "61s", "GIFTBRIDGE_REQUEST_TIMEOUT": "60s"])
                try await patient.run { stalled in
                    try await wait(for: "the requests at the vendor") { try await vendor.requests().count == 6 }
                    stalled.signal(SIGSTOP)
                    try await wait(for: "the sales") { try await vendor.sales().count == 6 }
                    #expect(try await database.states() == "submitting=6")
                    try await database.endLeases()
                    try await Bridge.patient(database, vendor).run { _ in
                        try await database.waitUntilSettled()
                    }
                    let proven =
                        "count(*) = 6 FROM giftbridge.orders WHERE status = 'completed' AND order_reference IS NULL"
                    #expect(try await database.holds(proven))

                    stalled.signal(SIGCONT)
                    try await database.wait(
                        for: "6",
                        from: "SELECT count(*) FROM giftbridge.orders WHERE order_reference = 'ACME-' || shop_order_id")
                }
                let books = try await expectTheBooksBalance(database, vendor)
                #expect(books.orders.values.allSatisfy { $0.error == nil }, "the doubt is gone")
            }
        }

        /// The stalled worker learns that it was refused for now (429) while another has the order at the vendor: put back, the
        /// order would be sent once more beside that request.
        @Test func anOldAnswerDoesNotTakeTheOrderFromTheWorkerThatVerifiesIt() async throws {
            let database = try await TestServer.shared.database()
            try await database.liftLimit()
            try await VendorPeer.run(["--rate-limit", "0", "--latency", "1500ms"]) { vendor in
                try await vendor.fault("status_429", orderID: "1")
                try await vendor.fault("hang_after", orderID: "1")
                try await database.insertOrders(1...1)
                let patient = Bridge.quick(
                    database, vendor, ["GIFTBRIDGE_LEASE": "61s", "GIFTBRIDGE_REQUEST_TIMEOUT": "60s"])
                try await patient.run { stalled in
                    try await wait(for: "the request at the vendor") { try await !vendor.requests().isEmpty }
                    stalled.signal(SIGSTOP)
                    try await wait(for: "the 429") { try await vendor.requests().first?.status == 429 }
                    try await database.endLeases()
                    let verifier = Bridge.quick(
                        database, vendor, ["GIFTBRIDGE_LEASE": "10s", "GIFTBRIDGE_REQUEST_TIMEOUT": "4s"])
                    try await verifier.run { _ in
                        try await wait(for: "the sale whose answer hangs") { try await !vendor.sales().isEmpty }
                        let holder = "SELECT kind || ' ' || token FROM giftbridge.in_flight"
                        let held = try await database.value(holder)
                        #expect(held?.hasPrefix("verification ") == true)
                        stalled.signal(SIGCONT)
                        try await database.wait(
                            for: "429", from: "SELECT max(http_status) FROM giftbridge.journal WHERE kind = 'sale'")
                        #expect(try await database.value(holder) == held, "the order was taken away")
                        stalled.signal(SIGTERM)
                        try await stalled.end()
                        try await database.waitUntilSettled()
                    }
                }
                let books = try await expectTheBooksBalance(database, vendor)
                #expect(books.end(of: "1") == "completedByProof")
                #expect(books.faults(of: "1") == ["status_429", "hang_after", nil])
            }
        }

        /// Stopped between the claim's commit and the request: what it claimed is verified by another; awake again, it must
        /// not send what it no longer holds.
        @Test func ordersClaimedButNotSentArePutBackAfterAStall() async throws {
            let database = try await TestServer.shared.database()
            try await database.liftLimit()
            try await VendorPeer.run { vendor in
                let bridge = Bridge.quick(database, vendor, Self.settings)
                try await bridge.run { stalled in
                    // The claim waits for a lock of ours; stopped now, the worker finds its claim granted when it wakes up.
                    try await database.insertOrders(900...900)
                    try await database.wait(for: "completed", from: "SELECT status FROM giftbridge.orders")
                    let connection = try await database.connect()
                    try await connection.script("BEGIN; LOCK TABLE giftbridge.in_flight IN SHARE MODE")
                    try await database.insertOrders(1...8)
                    try await database.wait(
                        for: "1",
                        from: """
                            SELECT count(*) FROM pg_stat_activity
                            WHERE wait_event_type = 'Lock' AND application_name = 'giftbridge worker'
                                AND datname = current_database()
                            """)
                    stalled.signal(SIGSTOP)
                    try await connection.script("COMMIT")
                    await connection.close()
                    try await database.waitForFlights(8)
                    #expect(try await vendor.requests().count == 1, "nothing of them was sent")

                    try await bridge.run { _ in try await database.waitUntilSettled() }
                    stalled.signal(SIGCONT)
                    try await database.wait(
                        for: "8", from: "SELECT count(*) FROM giftbridge.submissions WHERE outcome = 'released'")
                    // It works on as if nothing had been.
                    try await database.insertOrders(901...901)
                    try await database.waitUntilSettled()
                }
                #expect(try await database.states() == "completed=10")
                let books = try await expectTheBooksBalance(database, vendor)
                #expect(books.requests.count == 10, "the stalled worker sent nothing")
            }
        }

        /// What a settle would change of an order.
        private static func fingerprint(_ database: TestDatabase) async throws -> String? {
            try await database.value(
                """
                SELECT (status, order_reference, voucher_codes, error, attempts, completed_at, updated_at)::text
                FROM giftbridge.orders
                """)
        }
    }
}
