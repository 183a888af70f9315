import Foundation
import LibPQ
import LocalPostgres
import TestSupport
import Testing

/// Several workers, drains, kills and restarts with work in flight.
@Suite struct LoadTests {
    @Test func twoWorkersShareTheWorkAndSellEachOrderOnce() async throws {
        let database = try await TestServer.shared.database()
        try await database.liftLimit()
        try await VendorPeer.run(["--rate-limit", "0", "--latency", "20ms"]) { vendor in
            let bridge = Bridge(database, vendor, ["GIFTBRIDGE_CONCURRENCY": "8"])
            try await bridge.run { _ in
                try await bridge.run { _ in
                    try await database.insertOrders(1...1200)
                    try await database.waitUntilFinished()
                }
            }
            #expect(try await database.states() == "completed=1200")
            let shares = try await database.value(
                "SELECT min(n) FROM (SELECT count(*) AS n FROM giftbridge.submissions GROUP BY worker) AS w HAVING count(*) = 2"
            )
            #expect(Int(shares ?? "0") ?? 0 > 50, "the smaller share of two workers")
            try await expectTheBooksBalance(database, vendor)
        }
    }

    @Test func sigtermUnderLoadDrainsAndLosesNothing() async throws {
        let database = try await TestServer.shared.database()
        try await database.liftLimit()
        try await VendorPeer.run(["--rate-limit", "0", "--latency", "50ms"]) { vendor in
            try await database.insertOrders(1...2000)
            let bridge = Bridge(database, vendor)
            // Few at once, so that the work lasts: this test may get its turn late.
            let slow = Bridge(database, vendor, ["GIFTBRIDGE_CONCURRENCY": "16"])
            let outcome = try await slow.runAndDrain { _ in
                try await database.wait(
                    for: "t", from: "SELECT count(*) >= 200 FROM giftbridge.orders WHERE status = 'completed'")
            }
            #expect(outcome.status == 0)
            // The signal struck in the middle of the work, and nothing is left on its way.
            #expect(
                outcome.text.contains(
                    #""message":"Draining: no new orders are claimed; those in flight are finished.""#))
            #expect(
                try await database.value("SELECT count(*) > 0 FROM giftbridge.orders WHERE status = 'pending'") == "t")
            #expect(
                try await database.value(
                    "SELECT count(*) FROM giftbridge.order_list WHERE status NOT IN ('pending', 'completed')") == "0")
            #expect(
                try await database.value("SELECT state || ' ' || in_flight || ' ' || listening FROM giftbridge.status")
                    == "stopped 0 false")
            try await expectTheBooksBalance(database, vendor, mayBeOpen: true)

            try await bridge.run { _ in try await database.waitUntilFinished() }
            #expect(try await database.states() == "completed=2000")
            try await expectTheBooksBalance(database, vendor)
        }
    }

    @Test func aSecondSignalEndsAtOnceAndTheOrdersAreVerified() async throws {
        let database = try await TestServer.shared.database()
        try await VendorPeer.run(["--rate-limit", "0"]) { vendor in
            try await vendor.fault("hang_after", orderID: "1")
            try await database.insertOrders(1...1)
            let settings = ["GIFTBRIDGE_LEASE": "7s", "GIFTBRIDGE_REQUEST_TIMEOUT": "6s"]
            let first = try await Bridge(database, vendor, settings).run { process in
                try await database.waitForFlights(1)
                process.signal(SIGTERM)
                try await process.line(containing: "Draining:")
                process.signal(SIGTERM)
                try await process.end(within: .seconds(5))
            }.outcome
            #expect(first.status == 1)
            #expect(try await database.states() == "submitting=1")
            try await Bridge(database, vendor, settings).run { _ in try await database.waitUntilFinished() }
            #expect(try await database.states() == "completed=1")
            try await expectTheBooksBalance(database, vendor)
        }
    }

    /// The connection is gone when the drain's time is over, and the worker has not noticed.
    @Test func whatTheDrainsEndCutsOffIsWrittenOnANewConnection() async throws {
        let database = try await TestServer.shared.database()
        try await VendorPeer.run(["--rate-limit", "0"]) { vendor in
            try await vendor.fault("hang_after", orderID: "1")
            try await database.insertOrders(1...1)
            let settings = [
                "GIFTBRIDGE_LEASE": "30s", "GIFTBRIDGE_REQUEST_TIMEOUT": "20s", "GIFTBRIDGE_DRAIN_TIMEOUT": "4s",
            ]
            let outcome = try await Bridge(database, vendor, settings).run { process in
                try await database.waitForFlights(1)
                process.signal(SIGTERM)
                try await database.wait(for: "draining", from: "SELECT state FROM giftbridge.status")
                try await database.terminateConnections()
                try await process.end(within: .seconds(15))
            }.outcome
            #expect(outcome.status == 0, "\(outcome.text)")
            #expect(outcome.text.contains("Database connection restored."))
            #expect(try await database.states() == "in_doubt=1")
        }
    }

    @Test func aWorkerThatIsOutdatedWritesBackAndEnds() async throws {
        let database = try await TestServer.shared.database()
        try await VendorPeer.run(["--rate-limit", "0", "--latency", "4s"]) { vendor in
            try await database.insertOrders(1...1)
            let outcome = try await Bridge(
                database, vendor, ["GIFTBRIDGE_CONCURRENCY": "1", "GIFTBRIDGE_REQUEST_TIMEOUT": "20s"]
            ).run { process in
                try await database.waitForFlights(1)
                try await database.run("INSERT INTO giftbridge.migrations (version, name) VALUES (999, 'later')")
                try await database.insertOrders(2...2)
                try await database.terminateConnections()
                try await process.end(within: .seconds(15))
            }.outcome
            #expect(outcome.status == 1 && outcome.text.contains("is version 999, newer than"), "\(outcome.text)")
            #expect(try await database.states() == "completed=1 pending=1")
            try await expectTheBooksBalance(database, vendor, mayBeOpen: true)
        }
    }

    /// The database is one that a worker must not use any more, as after a restore elsewhere: the result cannot be written, and is named.
    @Test func aWorkerThatMustEndNamesTheResultsThatItCouldNotSave() async throws {
        let database = try await TestServer.shared.database()
        try await VendorPeer.run(["--rate-limit", "0", "--latency", "5s"]) { vendor in
            try await database.insertOrders(1...1)
            let outcome = try await Bridge(database, vendor, ["GIFTBRIDGE_REQUEST_TIMEOUT": "20s"]).run { process in
                try await database.waitForFlights(1)
                try await database.run("UPDATE giftbridge.installation SET database_oid = database_oid::bigint + 1")
                try await database.terminateConnections()
                try await process.end(within: .seconds(15))
            }.outcome
            #expect(outcome.status == 78 && outcome.text.contains("giftbridge adopt"), "\(outcome.text)")
            #expect(
                outcome.output.contains { $0.contains("Could not save a result") && $0.contains(#""order":"1""#) },
                "\(outcome.text)")
        }
    }

    /// A shop's transaction holds the only order that is due: the worker asks less and less often.
    @Test func anOrderThatIsLockedDoesNotKeepTheWorkerBusy() async throws {
        let database = try await TestServer.shared.database()
        try await VendorPeer.run(["--rate-limit", "0"]) { vendor in
            try await database.insertOrders(1...1)
            let connection = try await database.connect()
            try await connection.script("BEGIN; UPDATE giftbridge.orders SET priority = 1")
            try await Bridge(database, vendor).run { _ in
                let commits = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
                let before = try await database.value(commits).flatMap { Int($0) } ?? 0
                try await Task.sleep(for: .seconds(4))
                let after = try await database.value(commits).flatMap { Int($0) } ?? 0
                #expect(after - before < 150, "statements in four seconds")
                try await connection.script("COMMIT")
                try await database.waitUntilFinished()
            }
        }
    }

    @Test func aKilledWorkersOrdersAreVerifiedByAnother() async throws {
        let database = try await TestServer.shared.database()
        try await database.liftLimit()
        try await VendorPeer.run(["--rate-limit", "0", "--latency", "100ms"]) { vendor in
            try await database.insertOrders(1...1500)
            let bridge = Bridge(database, vendor, ["GIFTBRIDGE_LEASE": "3s", "GIFTBRIDGE_REQUEST_TIMEOUT": "2s"])
            let killed = try await bridge.run { process in
                try await database.wait(
                    for: "t", from: "SELECT count(*) >= 100 FROM giftbridge.orders WHERE status = 'completed'")
                process.signal(SIGKILL)
                try await process.end()
            }.outcome
            #expect(killed.signal == SIGKILL)
            #expect(try await database.value("SELECT count(*) > 0 FROM giftbridge.in_flight") == "t")
            try await bridge.run { _ in try await database.waitUntilFinished() }
            #expect(try await database.states() == "completed=1500")
            try await expectTheBooksBalance(database, vendor)
        }
    }

    @Test(arguments: [true, false])
    func aDatabaseThatRestartsUnderLoadIsWaitedFor(crashes: Bool) async throws {
        try await LocalPostgres.run(in: TestServer.directory) { postgres in
            let database = TestDatabase(server: postgres, name: "postgres")
            let migrated = try await RunningProcess.giftbridge(["migrate", "--database-url", database.conninfo])
            #expect(migrated.status == 0)
            try await database.liftLimit()
            try await VendorPeer.run(["--rate-limit", "0", "--latency", "30ms"]) { vendor in
                try await database.insertOrders(1...1500)
                let bridge = Bridge(database, vendor, ["GIFTBRIDGE_LEASE": "4s", "GIFTBRIDGE_REQUEST_TIMEOUT": "3s"])
                let outcome = try await bridge.runAndDrain { process in
                    try await database.wait(
                        for: "t", from: "SELECT count(*) >= 200 FROM giftbridge.orders WHERE status = 'completed'")
                    if crashes { try await postgres.kill() } else { try await postgres.stop() }
                    try await process.line(containing: "No connection to the database")
                    try await postgres.start()
                    try await process.line(containing: "Database connection restored.")
                    try await database.waitUntilFinished()
                    // It listens again as well: an order comes through without waiting for the poll.
                    try await database.wait(for: "t", from: "SELECT listening FROM giftbridge.status")
                    try await database.insertOrders(5000...5000)
                    try await database.wait(
                        for: "completed", from: "SELECT status FROM giftbridge.orders WHERE shop_order_id = '5000'",
                        within: .seconds(5))
                }
                #expect(outcome.status == 0)
                #expect(try await database.states() == "completed=1501")
                try await expectTheBooksBalance(database, vendor)
            }
        }
    }
}
