import Foundation
import LibPQ
import TestSupport
import Testing

/// Whose codes prove what: the only lever against a double sale.
@Suite struct CodeTests {
    private static let shopCode = #"[{"id": 1, "price": 12.50, "code": "SHOPCODE1"}]"#
    private static let shopCode2 = #"[{"id": 1, "price": 12.50, "code": "SHOPCODE2"}]"#
    private static let mixed = #"[{"id": 1, "price": 5, "code": "SHOPCODE3"}, {"id": 1, "price": 6}]"#

    @Test func withoutAnAssignedCodeADoubtIsNeverSentAgain() async throws {
        let database = try await TestServer.shared.database()
        try await database.run("INSERT INTO giftbridge.shops (name, assign_codes) VALUES ('bare', false)")
        try await database.liftLimit()
        try await VendorPeer.run { vendor in
            let doubtful = ["coded-sold", "coded-lost", "bare-sold", "bare-lost"]
            for id in doubtful {
                try await vendor.fault(id.hasSuffix("sold") ? "close_after" : "status_500", orderID: id)
            }
            try await database.insert(orders: ["coded-sold"], items: Self.shopCode)
            try await database.insert(orders: ["coded-lost"], items: Self.shopCode2)
            try await database.insert(orders: ["bare-sold", "bare-lost"], shop: "bare")
            try await Bridge.patient(database, vendor).run { _ in
                try await database.waitUntilSettled()
                // Other orders come and go; and a worker that is lost changes nothing.
                try await database.insertOrders(1...20)
                try await database.waitUntilSettled()
            }
            try await vendor.fault("hang_before", orderID: "bare-killed")
            try await database.insert(orders: ["bare-killed"], shop: "bare")
            let killed = try await Bridge.patient(database, vendor).runUntilKilled { process in
                try await wait(for: "the hanging request") {
                    try await vendor.requests().contains { $0.order_id == "bare-killed" }
                }
                process.signal(SIGKILL)
            }
            #expect(killed.signal == SIGKILL)
            try await Bridge.patient(database, vendor).run { _ in try await database.waitUntilSettled() }

            var books = try await expectTheBooksBalance(
                database, vendor, awaitingAPerson: Set(doubtful + ["bare-killed"]))
            for id in doubtful { #expect(books.faults(of: id).count == 1, "\(id) was sent again") }
            #expect(books.faults(of: "bare-killed") == ["hang_before"])

            // A person asks the vendor: its ledger.
            let connection = try await database.connect()
            for sale in books.sales where doubtful.contains(sale.order_id ?? "") {
                _ = try await connection.query(
                    """
                    SELECT giftbridge.resolve_sold(id, $2, $3) FROM giftbridge.orders WHERE shop_order_id = $1
                    """,
                    [.text(sale.order_id), .text(sale.order_reference), .textArray(sale.items.map(\.code))])
            }
            _ = try await connection.query(
                "SELECT giftbridge.resolve_unsold(id) FROM giftbridge.orders WHERE status = 'in_doubt'")
            await connection.close()
            try await Bridge.patient(database, vendor).run { _ in try await database.waitUntilSettled() }
            books = try await expectTheBooksBalance(database, vendor)
            #expect(try await database.states() == "completed=25")
            #expect(
                books.faults(of: "coded-sold").count == 1 && books.faults(of: "coded-lost") == ["status_500", nil])
        }
    }

    /// A mixed order is proven by the assigned code; a code of the shop's that is taken proves nothing.
    @Test func onlyAnAssignedCodeProvesASale() async throws {
        let database = try await TestServer.shared.database()
        try await VendorPeer.run { vendor in
            #expect(try await vendor.sellDirectly(orderID: "foreign", code: "SHOPCODE4") == 200)
            try await vendor.fault("close_after", orderID: "proven")
            try await vendor.fault("status_502", orderID: "unproven")
            try await database.insert(orders: ["proven"], items: Self.mixed)
            try await database.insert(
                orders: ["unproven"], items: #"[{"id": 1, "price": 5, "code": "SHOPCODE4"}, {"id": 1, "price": 6}]"#
            )
            try await database.insert(
                orders: ["refused"], items: #"[{"id": 1, "price": 5, "code": "SHOPCODE4"}]"#)
            try await Bridge.patient(database, vendor).run { _ in try await database.waitUntilSettled() }
            let books = try await expectTheBooksBalance(
                database, vendor, awaitingAPerson: ["unproven"], foreign: ["foreign"])
            #expect(books.end(of: "proven") == "completedByProof")
            #expect(books.orders["proven"]?.codes?.first == "SHOPCODE3")
            #expect(books.orders["refused"]?.status == "rejected")
            #expect(
                books.faults(of: "unproven") == ["status_502", nil], "the verification was refused, and the last")
        }
    }

    /// The first answer says that the assigned code is taken: an earlier copy of this very order was sold, as after a
    /// restore. It is completed with those codes, and no new ones are made.
    @Test func anAssignedCodeThatIsTakenAtOnceProvesASaleThatTheDatabaseForgot() async throws {
        let database = try await TestServer.shared.database()
        try await VendorPeer.run { vendor in
            try await database.insert(orders: ["forgotten"])
            let code = try #require(try await database.value("SELECT code FROM giftbridge.codes"))
            #expect(try await vendor.sellDirectly(orderID: "forgotten", code: code) == 200)
            try await Bridge.patient(database, vendor).run { _ in try await database.waitUntilSettled() }
            let books = try await expectTheBooksBalance(database, vendor, journalWasLost: true)
            #expect(books.end(of: "forgotten") == "completedByProof")
            #expect(books.requests.map(\.status) == [200, 422])
        }
    }

    /// The code is taken after the vendor, or an operator, had said that nothing was sold: it was. But a vendor that refused
    /// the order itself may have kept its codes: that is for an operator.
    @Test func aCodeTakenAfterAnAnswerProvesTheSaleButAfterARefusal() async throws {
        let database = try await TestServer.shared.database()
        try await VendorPeer.run { vendor in
            try await vendor.fault("processed_then_429", orderID: "limited")
            try await vendor.fault("processed_then_422", orderID: "refused")
            try await vendor.fault("close_after", orderID: "resolved")
            try await database.insert(orders: ["limited", "refused", "resolved"])
            // Nothing is to be verified before the person has spoken.
            let bridge = Bridge.patient(database, vendor, ["GIFTBRIDGE_VERIFY_AFTER": "20s"])
            try await bridge.run { _ in
                try await database.wait(
                    for: "in_doubt", from: "SELECT status FROM giftbridge.orders WHERE shop_order_id = 'resolved'")
                // Told wrongly that it was not sold.
                try await database.run(
                    "SELECT giftbridge.resolve_unsold(id) FROM giftbridge.orders WHERE shop_order_id = 'resolved'")
                try await database.wait(
                    for: "rejected", from: "SELECT status FROM giftbridge.orders WHERE shop_order_id = 'refused'")
                try await database.run(
                    "SELECT giftbridge.retry(id) FROM giftbridge.orders WHERE shop_order_id = 'refused'")
                try await database.waitUntilSettled()
            }
            let books = try await expectTheBooksBalance(database, vendor, awaitingAPerson: ["refused"])
            #expect(books.sales.count == 3)
            #expect(books.end(of: "limited") == "completedByProof")
            #expect(books.end(of: "resolved") == "completedByProof")
            for id in ["limited", "refused", "resolved"] {
                #expect(books.requests.filter { $0.order_id == id }.last?.status == 422)
            }
        }
    }

    @Test func aVerificationIsTheSameRequestByteForByteWhateverChangedMeanwhile() async throws {
        let database = try await TestServer.shared.database()
        try await database.run(
            "UPDATE giftbridge.shops SET payment_method = 1, code_prefix = 'OLD', rate_limit = NULL")
        try await VendorPeer.run { vendor in
            let faults = ["close_after", "status_503", "hang_before"]
            for fault in faults { try await vendor.fault(fault, orderID: fault, times: 2) }
            try await database.insert(
                orders: faults, items: Self.mixed.replacing(#", "code": "SHOPCODE3""#, with: ""))
            try await database.run("UPDATE giftbridge.orders SET payment_method = NULL")
            let bridge = Bridge.patient(database, vendor)
            try await bridge.run { _ in
                try await wait(for: "each order's first request") {
                    try await Set(vendor.requests().map(\.order_id)).count == faults.count
                }
                let codes = try await database.value(
                    "SELECT array_agg(code ORDER BY order_id, position)::text FROM giftbridge.codes")
                try await database.run(
                    """
                    UPDATE giftbridge.shops SET payment_method = 2, code_prefix = 'NEW', assign_codes = false,
                        online_methods = '{1,2}'
                    """)
                let changed = try await database.value("SELECT clock_timestamp()::text") ?? ""
                try await database.waitUntilSettled()
                let last = "SELECT max(claimed_at) FROM giftbridge.submissions GROUP BY order_id"
                #expect(try await database.holds("'\(changed)' < ALL (\(last))"), "verified after the change")
                let after = try await database.value(
                    "SELECT array_agg(code ORDER BY order_id, position)::text FROM giftbridge.codes")
                #expect(after == codes && codes?.contains("OLD") == true)
            }
            let books = try await expectTheBooksBalance(database, vendor)
            #expect(try await database.states() == "completed=3")
            for fault in faults {
                #expect(books.faults(of: fault) == [fault, fault, nil])
                let bodies = books.requests.filter { $0.order_id == fault }.map(\.body)
                #expect(Set(bodies).count == 1 && bodies[0]?.contains(#""payment_method":1"#) == true)
            }
        }
    }
}
