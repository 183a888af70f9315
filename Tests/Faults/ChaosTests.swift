import Foundation
import LibPQ
import LocalPostgres
import Synchronization
import TestSupport
import Testing

extension OneAtATime {
    /// Everything at once, drawn from a seed: `GIFTBRIDGE_CHAOS_SEED` repeats a run's draws, `Tests/soak` runs many seeds.
    @Suite struct ChaosTests {
        private static let orders = 2400
        /// What a sender cannot know the meaning of, and requests that hang.
        private static let faults = VendorModel.faults.filter {
            $0.word == .nothing && !["huge_200", "slow_answer"].contains($0.name)
        }

        @Test(.timeLimit(.minutes(3))) func everyOrderIsSoldOnceThroughAllOfIt() async throws {
            let given = ProcessInfo.processInfo.environment["GIFTBRIDGE_CHAOS_SEED"].flatMap { UInt64($0) }
            let seed = given ?? .random(in: 1...999_999)
            print("GIFTBRIDGE_CHAOS_SEED=\(seed)")
            let vendorSettings =
                ["--rate-limit", "0", "--latency", "20ms", "--fault-rate", "0.1", "--seed", "\(seed)"]
                + Self.faults.flatMap { ["--fault", $0.name] }
            try await onADatabaseThatMayCrash { database in
                try await VendorPeer.run(vendorSettings) { vendor in
                    let bridge = Bridge.quick(database, vendor, ["GIFTBRIDGE_CONCURRENCY": "16"])
                    let chaos = Chaos(bridge: bridge, seed: seed)
                    try await chaos.run(orders: Self.orders)
                    // Then only the vendor goes on as before.
                    try await bridge.run(workers: 2) { try await database.waitUntilSettled(within: .seconds(60)) }

                    let books = try await expectTheBooksBalance(database, vendor)
                    #expect(try await database.states() == "completed=\(Self.orders)", "seed \(seed)")
                    let struck = Set(books.requests.compactMap(\.fault))
                    #expect(books.requests.count { $0.fault != nil } > 150 && struck.count > 15, "faults that struck")
                    #expect(chaos.toll.kills >= 4 && chaos.toll.stalls == 1 && chaos.toll.crashes == 1)
                    #expect(chaos.toll.terminated > 5, "connections terminated")
                    let rescued =
                        "EXISTS (SELECT FROM giftbridge.journal WHERE error LIKE 'The worker''s lease expired%')"
                    #expect(try await database.holds(rescued), "no order was rescued")
                }
            }
        }
    }
}

/// Three workers, and what befalls them.
private final class Chaos: Sendable {
    /// What was done to them.
    struct Toll {
        var kills = 0, stalls = 0, crashes = 0, terminated = 0
    }

    private let bridge: Bridge
    private let seed: UInt64
    private let counts = Mutex(Toll())
    /// How long it lasts; every lane ends then.
    private let span = Duration.seconds(14)

    init(bridge: Bridge, seed: UInt64) {
        self.bridge = bridge
        self.seed = seed
    }

    var toll: Toll { counts.withLock { $0 } }

    func run(orders: Int) async throws {
        let end = ContinuousClock.now + span
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.insert(orders, until: end) }
            for lane in 0..<3 { group.addTask { try await self.live(lane: UInt64(lane), until: end) } }
            group.addTask { try await self.terminate(until: end) }
            group.addTask { try await self.crash() }
            try await group.waitForAll()
        }
    }

    /// A shop that inserts all the time, and repeats what it does not know to be committed.
    private func insert(_ orders: Int, until end: ContinuousClock.Instant) async throws {
        let portion = orders / 24
        for first in stride(from: 1, to: orders, by: portion) {
            let sql = """
                INSERT INTO giftbridge.orders
                    (shop_order_id, items, customer_email, delivery_method, delivery_email, payment_method)
                SELECT n::text, '[{"id": 1, "price": 12.50}, {"id": 1, "price": 5}]', 'a@example.com', 1, 'b@example.com', 1
                FROM generate_series(\(first), \(first + portion - 1)) AS n ON CONFLICT DO NOTHING
                """
            try await wait(for: "an insert", within: .seconds(40)) {
                do {
                    try await bridge.database.run(sql)
                    return true
                } catch is ConnectionError {
                    return false
                } catch is ServerError {
                    return false
                }
            }
            try await Task.sleep(for: .milliseconds(450))
        }
    }

    /// One worker after the other, each killed; the first of lane 0 is stopped for longer than its lease before.
    private func live(lane: UInt64, until end: ContinuousClock.Instant) async throws {
        var draw = SplitMix(seed: seed &* 31 &+ lane)
        var isToStall = lane == 0
        while ContinuousClock.now < end {
            let life = draw.duration(1_200...4_000)
            let stalls = isToStall
            isToStall = false
            let outcome = try await RunningProcess.run(["run"], environment: bridge.environment) { process in
                try await Task.sleep(for: life)
                if stalls {
                    process.signal(SIGSTOP)
                    try await Task.sleep(for: .milliseconds(4_200))
                    process.signal(SIGCONT)
                    try await Task.sleep(for: .milliseconds(1_000))
                }
                process.signal(SIGKILL)
            }.outcome
            counts.withLock { toll in
                toll.kills += outcome.signal == SIGKILL ? 1 : 0
                toll.stalls += stalls && outcome.signal == SIGKILL ? 1 : 0
            }
        }
    }

    private func terminate(until end: ContinuousClock.Instant) async throws {
        var draw = SplitMix(seed: seed &* 31 &+ 7)
        while ContinuousClock.now < end {
            try await Task.sleep(for: draw.duration(300...1_500))
            do {
                let count = try await bridge.database.terminateConnections()
                counts.withLock { $0.terminated += count }
            } catch is ConnectionError {
                continue  // PostgreSQL is down just now.
            } catch is ServerError {
                continue  // It is starting.
            }
        }
    }

    private func crash() async throws {
        var draw = SplitMix(seed: seed &* 31 &+ 8)
        try await Task.sleep(for: draw.duration(4_000...10_000))
        try await bridge.database.server.kill()
        try await Task.sleep(for: draw.duration(100...1_500))
        try await bridge.database.server.start()
        counts.withLock { $0.crashes += 1 }
    }
}

extension SplitMix {
    /// A duration between two bounds in milliseconds.
    fileprivate mutating func duration(_ milliseconds: ClosedRange<Int>) -> Duration {
        .milliseconds(Int.random(in: milliseconds, using: &self))
    }
}
