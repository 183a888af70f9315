import LibPQ
import TestSupport
import Testing

extension OneAtATime {
    /// What goes wrong with one worker or one shop does not hold up its neighbours.
    @Suite struct NeighbourTests {
        @Test func aWorkerWithAWrongKeyDoesNotStopOneWithAGoodKey() async throws {
            let database = try await TestServer.shared.database()
            try await database.liftLimit()
            try await VendorPeer.run(["--rate-limit", "0", "--latency", "20ms"]) { vendor in
                let good = Bridge.patient(database, vendor, ["GIFTBRIDGE_CONCURRENCY": "4"])
                let wrong = Bridge.patient(
                    database, vendor, ["GIFTBRIDGE_CONCURRENCY": "4", "GIFTBRIDGE_API_KEY": "sk_wrong_9876543210"])
                try await wrong.run { _ in
                    // Alone at first, so that its key is refused for certain.
                    try await database.insert(orders: ["first"])
                    try await database.wait(for: "1", from: "SELECT count(*) FROM giftbridge.set_aside")
                    try await good.run { _ in
                        try await database.insertOrders(1...400)
                        try await database.waitUntilSettled()
                    }
                }
                let books = try await expectTheBooksBalance(database, vendor)
                #expect(try await database.states() == "completed=401")
                #expect(books.requests.contains { $0.status == 401 }, "the wrong key was not used")
                #expect(books.orders.values.allSatisfy { $0.attempts == 1 }, "a refused key counts no attempt")
            }
        }

        /// With the defaults: 64 requests at once, of which two shops' hang.
        @Test func aVendorThatHangsForTwoShopsDoesNotHoldUpAThird() async throws {
            let database = try await TestServer.shared.database()
            let shops = ["hangs 1", "hangs 2", "well"]
            for shop in shops {
                try await database.run("INSERT INTO giftbridge.shops (name, rate_group) VALUES ('\(shop)', '\(shop)')")
            }
            try await database.liftLimit()
            try await VendorPeer.run { vendor in
                let hanging = shops.dropLast().flatMap { shop in (1...100).map { (shop: shop, id: "\(shop) \($0)") } }
                for order in hanging { try await vendor.fault("hang_before", orderID: order.id) }
                let settings = ["GIFTBRIDGE_REQUEST_TIMEOUT": "30s", "GIFTBRIDGE_LEASE": "120s"]
                try await Bridge(database, vendor, settings).run { _ in
                    for shop in shops.dropLast() {
                        try await database.insert(orders: hanging.filter { $0.shop == shop }.map(\.id), shop: shop)
                    }
                    try await wait(for: "requests that hang") {
                        try await vendor.requests().count { $0.fault == "hang_before" } >= 20
                    }
                    for round in 1...5 {
                        try await database.insert(orders: ["well \(round)"], shop: "well")
                        let inserted = ContinuousClock.now
                        try await database.wait(
                            for: "completed",
                            from: "SELECT status FROM giftbridge.orders WHERE shop_order_id = 'well \(round)'")
                        #expect(inserted.duration(to: .now) < .seconds(1), "round \(round)")
                    }
                    #expect(try await database.holds("count(*) > 0 FROM giftbridge.in_flight WHERE shop LIKE 'hangs%'"))
                }
                try await expectTheBooksBalance(database, vendor, mayBeOpen: true)
            }
        }
    }
}
