import LibPQ
import LocalPostgres
import TestSupport
import Testing

extension OneAtATime {
    /// The database is set back to an earlier state, and what the vendor has sold meanwhile is unknown to it.
    @Suite struct RestoreTests {
        @Test func aRestoredDatabaseSellsOnlyOnceItIsAdoptedAndThenNothingTwice() async throws {
            let database = try await TestServer.shared.database()
            try await database.liftLimit()
            let restored = TestDatabase(server: database.server, name: "\(database.name)_restored")
            let control = TestDatabase(server: database.server, name: "postgres")
            try await VendorPeer.run { vendor in
                // Known to the backup, and sold after it.
                try await database.insert(orders: ["known 1", "known 2"])
                try await control.run("CREATE DATABASE \(restored.name) TEMPLATE \(database.name)")
                try await Bridge.patient(database, vendor).runAndDrain { _ in
                    // Inserted and sold after it: with one key each, by which the shop inserts them again.
                    try await database.insert(orders: ["lost 1", "lost 2"])
                    try await database.waitUntilSettled()
                }
                let sold = try await vendor.sales().count
                #expect(sold == 4)

                let bridge = Bridge.patient(restored, vendor)
                let refused = try await RunningProcess.giftbridge(["run"], environment: bridge.environment)
                #expect(refused.status == 78)
                #expect(refused.text.contains("giftbridge adopt"), "\(refused.text)")
                #expect(try await vendor.requests().count == 4, "a copy of a database sold")

                let adopted = try await RunningProcess.giftbridge([
                    "adopt", "--yes", "--database-url", restored.conninfo,
                ])
                #expect(adopted.status == 0, "\(adopted.text)")
                try await bridge.run { _ in
                    try await restored.insert(orders: ["lost 1", "lost 2", "new"])
                    try await restored.waitUntilSettled()
                }
                let books = try await expectTheBooksBalance(restored, vendor, journalWasLost: true)
                #expect(try await restored.states() == "completed=5")
                #expect(books.sales.count == 5)
                for id in ["known 1", "known 2", "lost 1", "lost 2"] {
                    #expect(books.end(of: id) == "completedByProof", "\(id)")
                    #expect(books.requests.filter { $0.order_id == id }.map(\.status) == [200, 422], "\(id)")
                }
            }
        }

        /// It waits, and works when there is something to work with.
        @Test func aWorkerWaitsForADatabaseThatIsNotThereAtItsStart() async throws {
            try await onADatabaseThatMayCrash { database in
                try await database.insertOrders(1...3)
                try await database.server.stop()
                try await VendorPeer.run { vendor in
                    let bridge = Bridge.patient(database, vendor)
                    _ = try await RunningProcess.run(["run"], environment: bridge.environment) { worker in
                        try await worker.line(containing: "No connection to the database")
                        try await database.server.start()
                        try await worker.line(containing: "The worker is running.")
                        try await database.waitUntilSettled()
                    }
                    #expect(try await database.states() == "completed=3")
                    try await expectTheBooksBalance(database, vendor)
                }
            }
        }

        /// A hot standby answers, and cannot be written to until it is promoted.
        @Test func aServerThatTakesNoWritesIsWaitedFor() async throws {
            try await ReplicatedPair.run { pair in
                try await pair.primary.insertOrders(1...3)
                try await pair.standby.wait(for: "3", from: "SELECT count(*) FROM giftbridge.orders")
                try await VendorPeer.run { vendor in
                    let bridge = Bridge.patient(pair.standby, vendor)
                    _ = try await RunningProcess.run(["run"], environment: bridge.environment) { worker in
                        try await worker.line(containing: "No connection to the database")
                        #expect(try await vendor.requests().isEmpty)
                        try await pair.primary.server.kill()
                        try await pair.standby.run("SELECT pg_promote()")
                        try await worker.line(containing: "The worker is running.")
                        try await pair.standby.waitUntilSettled()
                    }
                    #expect(try await pair.standby.states() == "completed=3")
                    try await expectTheBooksBalance(pair.standby, vendor)
                }
            }
        }
    }
}
