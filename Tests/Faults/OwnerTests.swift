import LibPQ
import TestSupport
import Testing

extension OneAtATime {
    /// What an owner's triggers and other sessions' locks do to one order does not hold up the others.
    @Suite struct OwnerTests {
        /// Owner's triggers that refuse to complete the order `stuck`, each in its way.
        private static let triggers = [
            "at the statement":
                "CREATE TRIGGER refuses BEFORE UPDATE ON giftbridge.orders FOR EACH ROW EXECUTE FUNCTION refuse()",
            "at the commit": """
            CREATE CONSTRAINT TRIGGER refuses AFTER UPDATE ON giftbridge.orders DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION refuse()
            """,
        ]

        @Test(arguments: ["at the statement", "at the commit"])
        func aResultThatATriggerRefusesHoldsUpNoOtherAndIsNotLost(when: String) async throws {
            let database = try await TestServer.shared.database()
            try await database.liftLimit()
            try await database.run(
                """
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF NEW.shop_order_id = 'stuck' AND NEW.status = 'completed' THEN RAISE EXCEPTION 'not this one'; END IF;
                    RETURN NEW;
                END $$;
                \(Self.triggers[when] ?? "")
                """)
            try await VendorPeer.run { vendor in
                try await Bridge.quick(database, vendor, ["GIFTBRIDGE_LEASE": "60s"]).run { worker in
                    // Its answer comes in one batch with others'.
                    try await database.insert(orders: (1...20).map { "\($0)" } + ["stuck"] + (21...40).map { "\($0)" })
                    let inserted = ContinuousClock.now
                    try await database.wait(
                        for: "40", from: "SELECT count(*) FROM giftbridge.orders WHERE status = 'completed'")
                    #expect(inserted.duration(to: .now) < .seconds(3), "the others waited")
                    try await worker.line(containing: "The database refused a result")
                    #expect(try await database.order("stuck", "status") == "pending")
                    #expect(try await database.holds("count(*) = 1 FROM giftbridge.in_flight"))
                    // And those that come later.
                    try await database.insert(orders: ["later"])
                    let later = ContinuousClock.now
                    try await database.wait(
                        for: "completed", from: "SELECT status FROM giftbridge.orders WHERE shop_order_id = 'later'")
                    #expect(later.duration(to: .now) < .seconds(2), "a later order waited")

                    try await database.run("DROP TRIGGER refuses ON giftbridge.orders")
                    try await database.waitUntilSettled()
                }
                let books = try await expectTheBooksBalance(database, vendor)
                #expect(try await database.states() == "completed=42")
                #expect(books.end(of: "stuck") == "completedWithReference" && books.requests.count == 42)
            }
        }

        /// The session locks the order while its request is at the vendor.
        @Test func aSessionThatHoldsAnOrderLockedDoesNotHoldUpTheOthers() async throws {
            let database = try await TestServer.shared.database()
            try await database.liftLimit()
            try await VendorPeer.run(["--rate-limit", "0", "--latency", "500ms"]) { vendor in
                try await Bridge.patient(database, vendor, ["GIFTBRIDGE_LEASE": "60s"]).run { worker in
                    try await database.insert(orders: ["locked"] + (1...10).map { "\($0)" })
                    try await database.waitForFlights(11)
                    let locker = try await database.connect()
                    try await locker.script(
                        "BEGIN; SELECT FROM giftbridge.orders WHERE shop_order_id = 'locked' FOR UPDATE")
                    try await worker.line(containing: "Results are waiting for orders locked by another session")
                    let inserted = ContinuousClock.now
                    try await database.insert(orders: (11...20).map { "\($0)" })
                    try await database.wait(
                        for: "20", from: "SELECT count(*) FROM giftbridge.orders WHERE status = 'completed'")
                    // Half a second of it is the vendor's.
                    #expect(inserted.duration(to: .now) < .milliseconds(1_500), "the others waited")
                    #expect(try await database.order("locked", "status") == "pending")
                    try await locker.script("COMMIT")
                    await locker.close()
                    try await database.waitUntilSettled()
                }
                let books = try await expectTheBooksBalance(database, vendor)
                #expect(try await database.states() == "completed=21")
                #expect(books.requests.count == 21, "nothing was sent again")
            }
        }
    }
}
