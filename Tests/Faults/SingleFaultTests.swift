import LibPQ
import TestSupport
import Testing

extension OneAtATime {
    /// Every fault that the sandbox knows, alone, on one order each.
    @Suite struct SingleFaultTests {
        /// Orders as `SHOP/FAULT`; set-up faults set the shop's key aside, so each has a shop.
        private static let setupFaults = VendorModel.faults.filter { $0.word == .setup }
        private static let orderFaults = VendorModel.faults.filter { $0.word != .setup }

        @Test func theModelKnowsEveryKindOfFault() async throws {
            let (kinds, habits) = try await VendorPeer.run {
                try await ($0.names("faults", "kinds"), $0.names("habits", "known"))
            }
            #expect(!habits.isEmpty && Set(kinds).subtracting(habits) == Set(VendorModel.faults.map(\.name)))
        }

        @Test func everyFaultEndsAsTheContractSays() async throws {
            let database = try await TestServer.shared.database()
            try await database.liftLimit()
            try await VendorPeer.run { vendor in
                try await vendor.fault(Self.orderFaults.map { ($0.name, [$0]) })
                try await database.insert(orders: Self.orderFaults.map(\.name) + ["clean"])
                try await Bridge.patient(database, vendor, ["GIFTBRIDGE_CONCURRENCY": "128"]).run { _ in
                    try await database.waitUntilSettled()
                }
                let books = try await expect(Self.orderFaults, database, vendor)
                #expect(books.end(of: "clean") == "completedWithReference" && books.faults(of: "clean") == [nil])
                // A 429 does not count as an attempt; what may have been a sale does.
                #expect(books.orders["status_429"]?.attempts == 1)
                #expect(books.orders["status_500"]?.attempts == 2)
                // Verified with the request that was sent, byte for byte.
                for fault in Self.orderFaults where fault.word == .nothing {
                    let bodies = books.requests.filter { $0.order_id == fault.name }.map(\.body)
                    #expect(bodies.count == 2 && Set(bodies).count == 1, "requests of \(fault.name)")
                }
                #expect(!books.requests.contains { $0.path.contains("redirected") }, "a redirect was followed")
            }
        }

        @Test func everySetupFaultPausesItsShopAndCountsNoAttempt() async throws {
            let database = try await TestServer.shared.database()
            try await database.run(
                Self.setupFaults.map { "INSERT INTO giftbridge.shops (name) VALUES ('\($0.name)')" }.joined(
                    separator: "; "))
            try await database.liftLimit()
            try await VendorPeer.run { vendor in
                try await vendor.fault(Self.setupFaults.map { ($0.name, [$0]) })
                for fault in Self.setupFaults {
                    try await database.insert(orders: [fault.name], shop: fault.name)
                }
                try await Bridge.patient(database, vendor).run { _ in
                    let paused = """
                        SELECT count(*) FROM giftbridge.queue AS q JOIN giftbridge.orders AS o ON o.shop = q.shop
                        WHERE q.paused AND q.pause_reason ~ 'HTTP [34]' AND o.status = 'pending' AND o.attempts = 0
                        """
                    try await database.wait(for: "\(Self.setupFaults.count)", from: paused)
                    // A paused shop stays silent, and delays no other.
                    try await database.insert(orders: ["clean"])
                    try await database.wait(
                        for: "completed", from: "SELECT status FROM giftbridge.orders WHERE shop = 'default'")
                    #expect(try await vendor.requests().count == Self.setupFaults.count + 1)
                    try await database.run("SELECT giftbridge.resume(shop) FROM giftbridge.set_aside")
                    try await database.waitUntilSettled()
                }
                let books = try await expect(Self.setupFaults, database, vendor)
                #expect(!books.requests.contains { $0.path.contains("redirected") }, "a redirect was followed")
            }
        }

        /// Every order, named after its fault, was struck by it and ended as the model says.
        private func expect(
            _ faults: [VendorModel.Fault], _ database: TestDatabase, _ vendor: VendorPeer
        ) async throws -> Books {
            let ends = faults.map { (fault: $0, end: VendorModel.end(after: [$0])) }
            let books = try await expectTheBooksBalance(
                database, vendor,
                awaitingAPerson: Set(ends.filter { $0.end.end == .awaitingAPerson }.map(\.fault.name)),
                refusedYetSold: Set(ends.filter { $0.end == (true, .rejected) }.map(\.fault.name)))
            for (fault, expected) in ends {
                #expect(books.faults(of: fault.name).first == fault.name, "\(fault.name) did not strike")
                #expect(books.end(of: fault.name) == expected.end.rawValue, "\(fault.name)")
                let sales = books.sales.count { $0.order_id == fault.name }
                #expect(sales == (expected.isSold ? 1 : 0), "sales of \(fault.name)")
            }
            return books
        }
    }
}
