import LibPQ
import TestSupport
import Testing

@testable import Giftbridge

extension DatabaseTests {
    /// `queue.eta_seconds`, from journals made to measure; FaultTests compare it with what real workers take.
    struct ETATests {
        private static let eta = "SELECT round(eta_seconds::numeric, 1) FROM giftbridge.queue WHERE shop = 'default'"

        /// A limit of 10 in 100 s (100.5 s with the margin) and no answers yet, so nothing is known of their time.
        struct Backlog: Sendable {
            /// Requests that took a place already, and how long ago.
            let sent: Int
            let secondsAgo: Int
            let due: Int
            let eta: String
        }

        @Test(arguments: [
            Backlog(sent: 0, secondsAgo: 0, due: 10, eta: "0.0"),
            Backlog(sent: 0, secondsAgo: 0, due: 11, eta: "100.5"),
            Backlog(sent: 0, secondsAgo: 0, due: 20, eta: "100.5"),
            Backlog(sent: 0, secondsAgo: 0, due: 21, eta: "201.0"),
            // A request without an answer counts as a tenth of the window late.
            Backlog(sent: 4, secondsAgo: 50, due: 6, eta: "0.0"),
            Backlog(sent: 4, secondsAgo: 50, due: 7, eta: "60.5"),
            Backlog(sent: 4, secondsAgo: 50, due: 11, eta: "100.5"),
            Backlog(sent: 10, secondsAgo: 50, due: 1, eta: "60.5"),
            Backlog(sent: 10, secondsAgo: 50, due: 21, eta: "261.5"),
        ])
        func anAllowanceIsDealtOutPlaceByPlace(_ backlog: Backlog) async throws {
            let test = try await TestQueue.make(rateLimit: "10")
            try await test.run("UPDATE giftbridge.shops SET rate_window = '100 s'")
            try await test.heartbeat()
            try await test.insert(backlog.sent)
            #expect(try await test.claim().count == backlog.sent)
            // In one transaction now() stands still.
            try await test.run(
                """
                BEGIN;
                UPDATE giftbridge.in_flight SET claimed_at = now() - interval '\(backlog.secondsAgo) s';
                UPDATE giftbridge.allowances AS a SET free_at = ARRAY(
                    SELECT giftbridge.place_free_at(f.claimed_at, NULL, a.rate_limit, a.rate_window)
                    FROM giftbridge.in_flight AS f LIMIT cardinality(a.free_at))
                """)
            try await test.insert(backlog.due)
            #expect(try await test.value(Self.eta) == backlog.eta)
            try await test.run("COMMIT")
        }

        @Test func a429PutsItOff() async throws {
            let test = try await TestQueue.make(rateLimit: "10")
            try await test.run("UPDATE giftbridge.shops SET rate_window = '100 s'")
            try await test.run("UPDATE giftbridge.allowances SET throttled_until = now() + interval '30 s'")
            try await test.heartbeat()
            try await test.insert(5)
            let five = try #require(try await test.value(Self.eta).flatMap(Double.init))
            #expect(five > 20 && five <= 30)
            try await test.insert(10)
            let fifteen = try #require(try await test.value(Self.eta).flatMap(Double.init))
            #expect(fifteen > 120.5 && fifteen <= 130.5)
        }

        @Test func shopsOfAGroupTakeTurns() async throws {
            let test = try await TestQueue.make(rateLimit: "10")
            try await test.run("UPDATE giftbridge.shops SET rate_window = '100 s', rate_group = 'both'")
            try await test.heartbeat()
            let group = ["rate_group": "'both'", "rate_limit": "10", "rate_window": "'100 s'"]
            for name in ["big", "still", "alone"] { try await test.shop(name, name == "alone" ? [:] : group) }
            try await test.run("SELECT giftbridge.pause('still', NULL)")
            try await test.insert(10)
            try await test.insert(30, ["shop": "'big'"])
            try await test.insert(30, ["shop": "'still'"])
            try await test.insert(30, ["shop": "'alone'"])
            // Ten of its own, and ten of the big one's; the big one has to wait for all.
            let etas = try await test.column(
                "SELECT shop || ' ' || coalesce(floor(eta_seconds)::text, '?') FROM giftbridge.queue ORDER BY shop")
            #expect(etas == ["alone ?", "big 301", "default 100", "still ?"])
        }

        @Test func whereNothingLimitsTheRateOfLateDoes() async throws {
            let test = try await TestQueue.make()
            try await test.heartbeat()
            try await test.insert(130)
            #expect(try await test.value(Self.eta) == nil, "none has begun")
            // Ten every two seconds: answered 8, 6, 4 and 2 seconds ago.
            for _ in 1...4 { _ = try await test.settle(try await test.claim(10).map { .sold($0) }) }
            // In one transaction now() stands still.
            try await test.run(
                "BEGIN; UPDATE giftbridge.journal SET finished_at = now() - interval '2 s' * (5 - ceil(id / 10.0))")
            try await test.run("UPDATE giftbridge.journal SET claimed_at = finished_at")
            try await test.run("UPDATE giftbridge.due SET due_at = now() - interval '10 s'")
            // 39 in 6 seconds after the first.
            #expect(try await test.value(Self.eta) == "13.8")
            // What was answered before this backlog waited says nothing about it: 29 in 4 seconds.
            try await test.run("UPDATE giftbridge.due SET due_at = now() - interval '7 s'")
            #expect(try await test.value(Self.eta) == "12.4")
            try await test.run("UPDATE giftbridge.due SET due_at = now()")
            #expect(try await test.value(Self.eta) == nil)
            try await test.run("COMMIT")
        }

        @Test func withoutAWorkerItIsNotKnown() async throws {
            let test = try await TestQueue.make(rateLimit: "10")
            try await test.insert(5)
            #expect(try await test.value(Self.eta) == nil)
            try await test.heartbeat()
            #expect(try await test.value(Self.eta) == "0.0")
            try await test.run("UPDATE giftbridge.status SET heartbeat_at = now() - interval '61 s'")
            #expect(try await test.value(Self.eta) == nil)
            try await test.run("SELECT giftbridge.cancel(id) FROM giftbridge.orders")
            #expect(try await test.value(Self.eta) == "0.0", "nothing to do takes no time")
        }
    }
}
