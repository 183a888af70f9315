import Foundation
import LibPQ
import TestSupport
import Testing

/// Every end that an order can have, each through the real binary, and what the shop is notified of.
@Suite struct OutcomeTests {
    @Test func aRejectedOrderIsCorrectedAndRetried() async throws {
        let database = try await TestServer.shared.database()
        try await VendorPeer.run { vendor in
            let bridge = Bridge(database, vendor)
            try await bridge.run { _ in
                let shop = try await ShopListener(database)
                try await database.run(
                    """
                    INSERT INTO giftbridge.orders (shop_order_id, items, customer_email, delivery_method, delivery_email,
                        payment_method)
                    VALUES ('100012', '[{"id": 5, "price": 10.00}]', 'a@example.com', 1, 'b@example.com', 1)
                    """)
                #expect(
                    try await shop.next()
                        == #"{"id": 1, "shop": "default", "shop_order_id": "100012", "status": "rejected"}"#)
                #expect(try await database.value("SELECT error FROM giftbridge.orders")?.contains("items.0.id") == true)
                #expect(
                    try await database.value("SELECT response LIKE '%items.0.id%' FROM giftbridge.submissions") == "t")

                // Retried as it is, it is refused again; corrected, it is sold.
                try await database.run(#"UPDATE giftbridge.orders SET items = '[{"id": 1, "price": 10.00}]'"#)
                let retry = try await RunningProcess.giftbridge(["retry", "1", "--database-url", database.conninfo])
                #expect(retry.status == 0 && retry.output == ["order 1 is pending"])
                #expect(
                    try await shop.next()
                        == #"{"id": 1, "shop": "default", "shop_order_id": "100012", "status": "completed"}"#)
                #expect(try await database.value("SELECT error IS NULL AND attempts = 1 FROM giftbridge.orders") == "t")
                await shop.close()
            }
            try await expectTheBooksBalance(database, vendor)
        }
    }

    @Test func anOrderIsRetriedUntilTheVendorCanBeReached() async throws {
        let database = try await TestServer.shared.database()
        let port = try await VendorPeer.run { Int($0.url.split(separator: ":").last ?? "") }
        let free = try #require(port)
        try await database.insertOrders(1...5)
        let environment = [
            "GIFTBRIDGE_DATABASE_URL": database.conninfo, "GIFTBRIDGE_API_URL": "http://127.0.0.1:\(free)",
            "GIFTBRIDGE_API_KEY": VendorPeer.key, "GIFTBRIDGE_RETRY_BASE": "50ms", "GIFTBRIDGE_RETRY_MAX": "100ms",
            "GIFTBRIDGE_MAX_ATTEMPTS": "2",
        ]
        _ = try await RunningProcess.run(["run"], environment: environment) { _ in
            // One order at a time probes; none has an attempt counted, however often it was tried.
            try await database.wait(
                for: "t", from: "SELECT coalesce(max(failures) >= 4, false) FROM giftbridge.unreachable")
            #expect(
                try await database.value(
                    """
                    SELECT bool_and(o.status = 'pending' AND o.attempts = 0) AND bool_or(o.error ~ 'Connection refused')
                        AND (SELECT q.paused AND q.pause_reason ~ 'Connection refused' FROM giftbridge.queue AS q)
                    FROM giftbridge.orders AS o
                    """) == "t")
            try await VendorPeer.run(["--port", "\(free)"]) { vendor in
                try await database.waitUntilFinished()
                try await expectTheBooksBalance(database, vendor)
            }
        }
        #expect(try await database.states() == "completed=5")
        #expect(
            try await database.value(
                """
                SELECT count(*) > 8 AND count(*) FILTER (WHERE outcome = 'completed') = 5
                    AND (SELECT bool_and(attempts = 1) FROM giftbridge.orders) FROM giftbridge.submissions
                """) == "t")
    }

    /// Others are sold meanwhile: so the fault is the order's, and not the set-up's.
    @Test func anOrderThatAloneIsAnsweredWithASetUpFaultFails() async throws {
        let database = try await TestServer.shared.database()
        try await database.liftLimit()
        let shop = try await ShopListener(database)
        try await VendorPeer.run { vendor in
            try await vendor.fault("status_404", orderID: "7", times: 100)
            try await database.insertOrders(7...7)
            try await Bridge(database, vendor).run { _ in
                try await database.wait(for: "t", from: "SELECT paused FROM giftbridge.queue")
                try await database.insertOrders(101...140)
                try await database.wait(for: "failed", from: "SELECT status FROM giftbridge.orders WHERE id = 1")
                try await database.waitUntilFinished()
            }
            #expect(try await database.states() == "completed=40 failed=1")
            // The first, those that may have probed alone, and three while others passed.
            let refused = try await vendor.requests().count { $0.order_id == "7" && $0.fault == "status_404" }
            #expect((4...7).contains(refused))
            try await expectTheBooksBalance(database, vendor)
        }
        var failed = false
        while !failed { failed = try await shop.next().contains(#""status": "failed""#) }
        await shop.close()
    }

    @Test func aPendingOrderIsCancelledAndASoldOneIsNot() async throws {
        let database = try await TestServer.shared.database()
        try await database.insertOrders(1...2)
        try await database.run("UPDATE giftbridge.orders SET submit_after = now() + interval '1 hour' WHERE id = 1")
        try await VendorPeer.run { vendor in
            try await Bridge(database, vendor).run { _ in
                try await database.wait(for: "completed", from: "SELECT status FROM giftbridge.orders WHERE id = 2")
                let cancel = try await RunningProcess.giftbridge([
                    "cancel", "1", "--yes", "--database-url", database.conninfo,
                ])
                #expect(cancel.status == 0 && cancel.output == ["order 1 is cancelled"])
                let refused = try await RunningProcess.giftbridge([
                    "cancel", "2", "--yes", "--database-url", database.conninfo,
                ])
                #expect(refused.status == 1)
                #expect(
                    refused.output == [
                        "giftbridge: order 2 is completed: only an order that is pending can be cancelled"
                    ])
                let missing = try await RunningProcess.giftbridge(["retry", "77", "--database-url", database.conninfo])
                #expect(missing.status == 1 && missing.output == ["giftbridge: there is no order 77"])
            }
            #expect(try await database.states() == "cancelled=1 completed=1")
            #expect(try await vendor.sales().count == 1)
        }
    }

    @Test func aLostAnswerIsVerifiedAndNotSoldTwice() async throws {
        let database = try await TestServer.shared.database()
        try await VendorPeer.run { vendor in
            try await vendor.fault("close_after", orderID: "1")
            try await vendor.fault("status_500", orderID: "2")
            try await database.insertOrders(1...3)
            try await Bridge(database, vendor).run { _ in try await database.waitUntilFinished() }
            let struck = try await vendor.requests().compactMap(\.fault)
            #expect(Set(struck) == ["close_after", "status_500"])
            #expect(try await database.states() == "completed=3")
            // The first was sold by its first request, whose answer was lost; the second by its second.
            #expect(
                try await database.value(
                    "SELECT order_reference IS NULL AND error LIKE 'Sold. Smart Gift confirms%' FROM giftbridge.orders WHERE id = 1"
                ) == "t"
            )
            #expect(try await database.value("SELECT order_reference FROM giftbridge.orders WHERE id = 2") == "ACME-2")
            let bodies = try await vendor.requests().filter { $0.order_id == "1" }.map(\.body)
            #expect(bodies.count == 2 && bodies[0] == bodies[1])
            try await expectTheBooksBalance(database, vendor)
        }
    }

    @Test func aWrongKeyIsSetAsideUntilItIsRight() async throws {
        let database = try await TestServer.shared.database()
        try await VendorPeer.run { vendor in
            try await vendor.accept(key: "sk_another")
            try await database.insertOrders(1...20)
            try await Bridge(database, vendor).run { _ in
                try await database.wait(for: "t", from: "SELECT paused FROM giftbridge.queue")
                try await database.wait(
                    for: "pending=20",
                    from:
                        "SELECT 'pending=' || count(*) FROM giftbridge.orders WHERE status = 'pending' AND attempts = 0"
                )
                #expect(
                    try await database.value("SELECT pause_reason FROM giftbridge.queue")?.contains("key") == true)
                // Found out by a probe, without anyone's help.
                try await vendor.accept(key: VendorPeer.key)
                try await database.waitUntilFinished()
                #expect(try await database.value("SELECT paused FROM giftbridge.queue") == "f")
            }
            #expect(try await database.states() == "completed=20")
            try await expectTheBooksBalance(database, vendor)
        }
    }

    /// The worker goes on with others, and writes it when the database takes it.
    @Test func aResultThatTheDatabaseRefusesDelaysNoOther() async throws {
        let database = try await TestServer.shared.database()
        try await database.liftLimit()
        try await database.run(
            "ALTER TABLE giftbridge.orders ADD CONSTRAINT refused CHECK (order_reference <> 'ACME-1')")
        try await VendorPeer.run { vendor in
            try await Bridge(database, vendor).run { process in
                try await database.insertOrders(1...1)
                try await process.line(containing: "The database refused a result")
                try await database.insertOrders(2...2)
                try await database.wait(for: "completed", from: "SELECT status FROM giftbridge.orders WHERE id = 2")
                #expect(try await database.states() == "completed=1 submitting=1")
                try await database.run("ALTER TABLE giftbridge.orders DROP CONSTRAINT refused")
                try await database.waitUntilFinished()
            }
            #expect(
                try await database.value(
                    "SELECT string_agg(status || ' ' || coalesce(order_reference, '-'), ' ' ORDER BY id) FROM giftbridge.orders"
                ) == "completed ACME-1 completed ACME-2")
            #expect(try await vendor.requests().count == 2)
            try await expectTheBooksBalance(database, vendor)
        }
    }

    @Test func aVendorThatThrottlesIsWaitedFor() async throws {
        let database = try await TestServer.shared.database()
        try await database.liftLimit()
        try await database.insertOrders(1...12)
        try await VendorPeer.run(["--rate-limit", "5", "--rate-window", "1s"]) { vendor in
            try await Bridge(database, vendor).run { _ in try await database.waitUntilFinished() }
            let throttled = try await vendor.requests().count { $0.status == 429 }
            #expect(throttled > 0)
            #expect(
                try await database.value(
                    "SELECT bool_and(attempts = 1 AND status = 'completed') FROM giftbridge.orders") == "t")
            try await expectTheBooksBalance(database, vendor)
        }
    }
}

/// A shop that waits on `giftbridge_results`.
final class ShopListener: Sendable {
    private let connection: Connection
    private let notifications: AsyncStream<LibPQ.Notification>

    init(_ database: TestDatabase) async throws {
        (connection, notifications) = try await database.listener()
        _ = try await connection.query("LISTEN giftbridge_results")
    }

    /// The next notification's payload, within 20 seconds.
    func next() async throws -> String {
        try await withThrowingTaskGroup(of: String.self) { group in
            group.addTask { [notifications] in
                for await notification in notifications { return notification.payload }
                throw TimedOut(what: "the connection was lost")
            }
            group.addTask {
                try await Task.sleep(for: .seconds(20))
                throw TimedOut(what: "a notification on giftbridge_results")
            }
            defer { group.cancelAll() }
            guard let payload = try await group.next() else { throw TimedOut(what: "a notification") }
            return payload
        }
    }

    func close() async { await connection.close() }
}
