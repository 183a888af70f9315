import Foundation
import LibPQ
import LocalPostgres
import TestSupport
import Testing

extension OneAtATime {
    /// kill -9 of the worker between any two steps of the protocol, of PostgreSQL, and of connections, under load.
    @Suite struct CrashTests {
        /// Every `CrashPoint`, reached for the first time, early and in the middle of the work. The three have databases and vendors of
        /// their own, and most of the time they wait.
        @Test(arguments: ["claiming", "claimed", "sending", "answered", "settling", "settled"])
        func aWorkerKilledAtAnyStepLosesNothing(point: String) async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for time in [1, 2, 5] { group.addTask { try await Self.killWorker(at: "\(point):\(time)") } }
                try await group.waitForAll()
            }
        }

        private static func killWorker(at crash: String) async throws {
            let database = try await TestServer.shared.database()
            try await database.liftLimit()
            try await database.insertOrders(1...100)
            try await VendorPeer.run(["--rate-limit", "0", "--latency", "10ms"]) { vendor in
                let settings = ["GIFTBRIDGE_CONCURRENCY": "12", "GIFTBRIDGE_LEASE": "1200ms"]
                var doomed = Bridge.quick(database, vendor, settings)
                doomed.settings["GIFTBRIDGE_TEST_CRASH"] = crash
                let killed = try await doomed.runUntilKilled()
                #expect(killed.signal == SIGKILL, "\(crash) did not strike")
                let isOpen = try await database.holds(
                    "EXISTS (SELECT FROM giftbridge.order_list WHERE due_at IS NOT NULL)")
                #expect(isOpen, "nothing was left to do")
                if ["claimed", "sending", "answered", "settling"].contains(crash.prefix { $0 != ":" }) {
                    // Between the claim's commit and the settle's another worker has to take over.
                    let held = "EXISTS (SELECT FROM giftbridge.in_flight)"
                    #expect(try await database.holds(held), "the crash cost nothing")
                }

                try await Bridge.quick(database, vendor, settings).run { _ in try await database.waitUntilSettled() }
                #expect(try await database.states() == "completed=100")
                try await expectTheBooksBalance(database, vendor)
            }
        }

        @Test func aWorkerKilledWhileItsRequestsAreAtTheVendorLosesNothing() async throws {
            let database = try await TestServer.shared.database()
            try await database.liftLimit()
            try await VendorPeer.run { vendor in
                for number in 1...30 {
                    let fault = ["hang_after", "hang_before", "hang_then_sell"][number % 3]
                    try await vendor.fault(fault, orderID: "\(number)")
                }
                try await database.insertOrders(1...60)
                let bridge = Bridge.quick(database, vendor, ["GIFTBRIDGE_REQUEST_TIMEOUT": "2s"])
                let killed = try await bridge.runUntilKilled { process in
                    try await wait(for: "30 requests that hang") {
                        try await vendor.requests().count { $0.fault?.hasPrefix("hang") == true } == 30
                    }
                    process.signal(SIGKILL)
                }
                #expect(killed.signal == SIGKILL)
                #expect(try await database.holds("(SELECT count(*) >= 30 FROM giftbridge.in_flight)"))
                try await bridge.run { _ in try await database.waitUntilSettled() }
                #expect(try await database.states() == "completed=60")
                try await expectTheBooksBalance(database, vendor)
            }
        }

        /// The same worker lives on: what it could not write back is kept until PostgreSQL is there again.
        @Test(arguments: [1, 150, 400]) func aDatabaseThatCrashesLosesNothing(completed: Int) async throws {
            try await onADatabaseThatMayCrash { database in
                try await database.insertOrders(1...600)
                try await VendorPeer.run(["--rate-limit", "0", "--latency", "60ms"]) { vendor in
                    try await Bridge.quick(database, vendor).run { process in
                        try await database.wait(
                            for: "t",
                            from: "SELECT count(*) >= \(completed) FROM giftbridge.orders WHERE status = 'completed'")
                        try await database.server.kill()
                        try await process.line(containing: "No connection to the database")
                        try await database.server.start()
                        try await process.line(containing: "Database connection restored.")
                        try await database.waitUntilSettled()
                    }
                    #expect(try await database.states() == "completed=600")
                    try await expectTheBooksBalance(database, vendor)
                }
            }
        }

        @Test func terminatedConnectionsLoseNothing() async throws {
            let database = try await TestServer.shared.database()
            try await database.liftLimit()
            try await database.insertOrders(1...1500)
            try await VendorPeer.run(["--rate-limit", "0", "--latency", "50ms"]) { vendor in
                let bridge = Bridge.quick(database, vendor, ["GIFTBRIDGE_CONCURRENCY": "24"])
                let terminated = try await bridge.run { process in
                    var terminated = 0
                    let deadline = ContinuousClock.now + .seconds(60)
                    while try await database.holds("count(*) > 60 FROM giftbridge.orders WHERE status = 'pending'") {
                        guard ContinuousClock.now < deadline else { throw TimedOut(what: "progress between the cuts") }
                        terminated += try await database.terminateConnections()
                        try await Task.sleep(for: .milliseconds(70))
                    }
                    try await process.line(containing: "Database connection restored.")
                    try await database.waitUntilSettled()
                    return terminated
                }.value
                #expect(terminated > 4, "connections were terminated in mid-work")
                #expect(try await database.states() == "completed=1500")
                try await expectTheBooksBalance(database, vendor)
            }
        }

        @Test func workerAndDatabaseCrashingTogetherLoseNothing() async throws {
            try await onADatabaseThatMayCrash { database in
                try await database.insertOrders(1...800)
                try await VendorPeer.run(["--rate-limit", "0", "--latency", "100ms"]) { vendor in
                    let killed = try await Bridge.quick(
                        database, vendor, ["GIFTBRIDGE_CONCURRENCY": "16"]
                    ).runUntilKilled { process in
                        try await database.wait(
                            for: "t", from: "SELECT count(*) >= 100 FROM giftbridge.orders WHERE status = 'completed'")
                        try await database.server.kill()
                        process.signal(SIGKILL)
                    }
                    #expect(killed.signal == SIGKILL)
                    try await database.server.start()
                    #expect(try await database.holds("EXISTS (SELECT FROM giftbridge.in_flight)"))
                    try await Bridge.quick(database, vendor).run { _ in try await database.waitUntilSettled() }
                    #expect(try await database.states() == "completed=800")
                    try await expectTheBooksBalance(database, vendor)
                }
            }
        }
    }
}

/// Runs `body` with a PostgreSQL of its own, which flushes its commits as a real one does.
func onADatabaseThatMayCrash(_ body: @Sendable @escaping (TestDatabase) async throws -> Void) async throws {
    try await LocalPostgres.run(in: TestServer.directory) { postgres in
        let database = TestDatabase(server: postgres, name: "postgres")
        let migrated = try await RunningProcess.giftbridge(["migrate", "--database-url", database.conninfo])
        #expect(migrated.status == 0)
        try await database.liftLimit()
        try await body(database)
    }
}
