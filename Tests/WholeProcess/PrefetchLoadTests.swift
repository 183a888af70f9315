import Foundation
import TestSupport
import Testing

/// Orders that are claimed ahead of their turn: held, not sent, while as many as there may be are on the way.
@Suite struct PrefetchLoadTests {
    static let concurrency = 16
    static let latency = 0.06
    static let vendor = ["--rate-limit", "0", "--latency", "60ms"]
    static let settings = [
        "GIFTBRIDGE_CONCURRENCY": "\(concurrency)", "GIFTBRIDGE_LEASE": "4s", "GIFTBRIDGE_REQUEST_TIMEOUT": "2s",
    ]

    /// The worker has claimed more than may be on the way.
    static let isHoldingMore = "SELECT count(*) > \(concurrency) FROM giftbridge.orders WHERE status = 'submitting'"

    /// How many were put back unsent.
    static let putBack = "SELECT count(*) FROM giftbridge.submissions WHERE outcome = 'released'"

    /// How many were claimed and not finished at once, by the journal.
    static let mostHeld = """
        SELECT max(held) FROM (
            SELECT sum(step) OVER (ORDER BY at, step) AS held FROM (
                SELECT claimed_at AS at, 1 AS step FROM giftbridge.submissions
                UNION ALL SELECT finished_at, -1 FROM giftbridge.submissions) AS steps) AS sums
        """

    @Test func noMoreAreOnTheWayThanThereMayBe() async throws {
        let database = try await TestServer.shared.database()
        try await database.liftLimit()
        try await VendorPeer.run(Self.vendor) { vendor in
            try await database.insertOrders(1...1000)
            let settings = Self.settings.merging(["GIFTBRIDGE_HEARTBEAT": "20ms"]) { $1 }
            let outcome = try await Bridge(database, vendor, settings).runAndDrain { _ in
                // What it says of itself, again and again until the work is done.
                var told: [Int] = []
                let deadline = ContinuousClock.now + .seconds(40)
                repeat {
                    let inFlight = try await database.value("SELECT max(in_flight) FROM giftbridge.status")
                    told.append(inFlight.flatMap { Int($0) } ?? 0)
                } while try await database.states() != "completed=1000" && ContinuousClock.now < deadline
                #expect(told.max() == Self.concurrency, "in_flight")
            }
            #expect(outcome.status == 0)
            let books = try await expectTheBooksBalance(database, vendor)

            // None is answered before the latency is over: whatever came within it was on the way together.
            let times = books.requests.map(\.time).sorted()
            let together = times.indices.map { last in
                times[...last].reversed().prefix { $0 > times[last] - Self.latency }.count
            }
            let most = try #require(together.max())
            #expect(most <= Self.concurrency && most > Self.concurrency / 2, "at the vendor at once")
            #expect(times.count == 1000)

            let mostHeld = try #require(try await database.value(Self.mostHeld).flatMap { Int($0) })
            #expect(mostHeld > Self.concurrency && mostHeld <= 2 * Self.concurrency, "claimed at once")
        }
    }

    /// Nothing was sent of them; that they were not is not known to whoever comes after the crash.
    @Test func whatAKilledWorkerHeldIsVerified() async throws {
        let database = try await TestServer.shared.database()
        try await database.liftLimit()
        try await VendorPeer.run(Self.vendor) { vendor in
            try await database.insertOrders(1...2000)
            let bridge = Bridge(database, vendor, Self.settings)
            var unsent = 0
            for _ in 1...8 where unsent == 0 {
                try await bridge.run { process in
                    try await database.wait(for: "t", from: Self.isHoldingMore)
                    process.signal(SIGKILL)
                    try await process.end()
                }
                let seen = Set(try await vendor.requests().compactMap(\.order_id))
                let held = try await database.value(
                    "SELECT string_agg(shop_order_id, ',') FROM giftbridge.orders WHERE status = 'submitting'")
                unsent = (held ?? "").split(separator: ",").count(where: { !seen.contains(String($0)) })
            }
            #expect(unsent > 0, "killed with orders in its hands that it had not sent")
            try await Bridge(database, vendor).run { _ in try await database.waitUntilFinished() }
            #expect(try await database.states() == "completed=2000")
            try await expectTheBooksBalance(database, vendor)
        }
    }

    /// Every slot is taken by a request that waits: the orders behind them are let go, and not taken again to wait in vain.
    @Test func aVendorThatStandsStillGetsTheOrdersPutBack() async throws {
        let database = try await TestServer.shared.database()
        try await database.liftLimit()
        try await VendorPeer.run(Self.vendor) { vendor in
            try await database.insertOrders(1...2000)
            let sent = "SELECT count(*) FROM giftbridge.orders WHERE status = 'submitting'"
            try await Bridge(database, vendor, Self.settings).run { _ in
                var stops = 0
                repeat {
                    try await database.wait(for: "t", from: Self.isHoldingMore)
                    let before = try await database.value(Self.putBack).flatMap { Int($0) } ?? 0
                    vendor.process.signal(SIGSTOP)
                    // Patience is a second, and a request's timeout two.
                    let timedOut = "EXISTS (SELECT FROM giftbridge.submissions WHERE outcome = 'in_doubt')"
                    try await database.wait(for: "t", from: "SELECT \(timedOut) OR (\(sent)) = 0")
                    let after = try await database.value(Self.putBack).flatMap { Int($0) } ?? 0
                    #expect(after - before <= Self.concurrency, "put back while it stood still")
                    vendor.process.signal(SIGCONT)
                    stops += 1
                } while try await database.value(Self.putBack) == "0" && stops < 5
                try await database.waitUntilFinished()
            }
            #expect(try await database.states() == "completed=2000")
            try await expectTheBooksBalance(database, vendor)
            #expect(try await database.value(Self.putBack) != "0")
            #expect(
                try await database.value(
                    "SELECT DISTINCT error FROM giftbridge.submissions WHERE outcome = 'released'"
                )?.contains("was not sent") == true)
            #expect(
                try await database.value(
                    """
                    SELECT count(*) FROM giftbridge.orders AS o WHERE attempts > 1 AND NOT EXISTS (
                        SELECT FROM giftbridge.submissions AS j WHERE j.order_id = o.id AND j.outcome = 'in_doubt')
                    """) == "0", "an attempt that was put back does not count")
        }
    }

    /// All that are on the way are answered in one swarm, and long after they were sent: nothing is gained by holding more.
    @Test func aSlowVendorIsClaimedNothingAheadFor() async throws {
        let database = try await TestServer.shared.database()
        try await database.liftLimit()
        try await VendorPeer.run(["--rate-limit", "0", "--latency", "400ms"]) { vendor in
            try await database.insertOrders(1...96)
            try await Bridge(database, vendor, Self.settings).run { _ in try await database.waitUntilFinished() }
            #expect(try await database.states() == "completed=96")
            try await expectTheBooksBalance(database, vendor)
            #expect(try await database.value(Self.mostHeld) == "\(Self.concurrency)", "claimed at once")
        }
    }

    /// The vendor answers 429 to one of those on the way: those behind them are not sent after it, and go back.
    @Test func aVendorThatSaysToStopGetsNothingThatWaits() async throws {
        let database = try await TestServer.shared.database()
        try await database.liftLimit()
        try await VendorPeer.run(Self.vendor) { vendor in
            let limited = [200, 350, 500, 650, 800]
            for order in limited { try await vendor.fault("status_429", orderID: "\(order)") }
            try await database.insertOrders(1...1000)
            try await Bridge(database, vendor, Self.settings).run { _ in try await database.waitUntilFinished() }
            #expect(
                try await database.value("SELECT count(*) FROM giftbridge.submissions WHERE http_status = 429")
                    == "\(limited.count)")
            #expect(try await database.states() == "completed=1000")
            try await expectTheBooksBalance(database, vendor)
            #expect(try await database.value(Self.putBack) != "0", "held orders went back, though no turn was late")
        }
    }

    /// The vendor stands still when the worker is told to stop, and the drain's time is short.
    @Test func aDrainThatIsOverLetsGoOfWhatWasNotSent() async throws {
        let database = try await TestServer.shared.database()
        try await database.liftLimit()
        try await VendorPeer.run(Self.vendor) { vendor in
            try await database.insertOrders(1...1000)
            let impatient = Self.settings.merging(["GIFTBRIDGE_DRAIN_TIMEOUT": "100ms"]) { $1 }
            let outcome = try await Bridge(database, vendor, impatient).run { process in
                try await database.wait(for: "t", from: Self.isHoldingMore)
                vendor.process.signal(SIGSTOP)
                process.signal(SIGTERM)
                try await process.end(within: .seconds(10))
                vendor.process.signal(SIGCONT)
            }.outcome
            #expect(outcome.status == 0)
            #expect(
                try await database.value(
                    "SELECT count(*) FROM giftbridge.orders WHERE status = 'in_doubt' AND due_at IS NOT NULL") != "0",
                "what was at the vendor")
            #expect(
                try await database.value("SELECT count(*) FROM giftbridge.orders WHERE status = 'submitting'") == "0")
            try await Bridge(database, vendor).run { _ in try await database.waitUntilFinished() }
            #expect(try await database.states() == "completed=1000")
            try await expectTheBooksBalance(database, vendor)
        }
    }
}
