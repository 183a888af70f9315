import Foundation
import LibPQ
import TestSupport
import Testing

extension OneAtATime {
    /// `queue.eta_seconds` beside what a real worker takes for a backlog: on a quiet machine within 20 %.
    @Suite struct ETATests {
        @Test(.timeLimit(.minutes(2))) func anETABoundByTheAllowanceIsRight() async throws {
            let database = try await TestServer.shared.database()
            try await database.run("UPDATE giftbridge.shops SET rate_limit = 60, rate_window = '3 s'")
            try await VendorPeer.run(["--rate-limit", "60", "--rate-window", "3s"]) { vendor in
                try await Self.measure(database, vendor, orders: 300, begun: 61, "60 requests in 3 s")
            }
        }

        @Test(.timeLimit(.minutes(2))) func anETABoundByTheVendorIsRight() async throws {
            let database = try await TestServer.shared.database()
            try await database.liftLimit()
            try await VendorPeer.run(["--rate-limit", "0", "--latency", "200ms"]) { vendor in
                try await Self.measure(
                    database, vendor, ["GIFTBRIDGE_CONCURRENCY": "16"], orders: 600, begun: 160,
                    "16 at once, 200 ms each")
            }
        }

        /// Inserts a backlog, asks for the ETA when this number of orders has been claimed, and waits.
        private static func measure(
            _ database: TestDatabase, _ vendor: VendorPeer, _ settings: [String: String] = [:], orders: Int, begun: Int,
            _ what: String
        ) async throws {
            try await Bridge(database, vendor, settings).run { _ in
                try await database.insertOrders(1...orders)
                try await database.wait(
                    for: "t", from: "SELECT count(*) >= \(begun) FROM giftbridge.submissions")
                let asked = ContinuousClock.now
                let eta = try #require(
                    try await database.value("SELECT eta_seconds FROM giftbridge.queue").flatMap(Double.init))
                try await database.waitUntilFinished(within: .seconds(90))
                let took = asked.duration(to: .now) / .seconds(1)
                print("\(what): the ETA was \(round(eta * 10) / 10) s, and it took \(round(took * 10) / 10) s")
                // A machine that is busy with other tests takes longer than it promised; or answers late at first, and promises less.
                #expect(took >= 0.65 * eta && took <= 1.6 * eta)
            }
        }
    }
}
