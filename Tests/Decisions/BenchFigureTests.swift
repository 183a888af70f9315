import Testing

@testable import GiftbridgeBench

/// What the benchmark makes of its numbers.
@Suite struct BenchFigureTests {
    @Test func percentilesAreInterpolated() {
        #expect([3.0, 1, 2].median == 2)
        #expect([4.0, 1, 2, 3].median == 2.5)
        #expect([Double](stride(from: 0, through: 100, by: 1)).percentile(99) == 99)
        #expect([Double]().median.isNaN)
    }

    private static let drains: [(Double, Double, Double?, [String])] = [
        (4_000, 0.3, 0.5, []), (7_900, 0.3, 0.5, []), (8_100, 0.3, 0.5, ["peer"]), (4_000, 0.95, nil, ["peer"]),
        (7_900, 0.3, 0.91, ["PostgreSQL"]), (7_900, 0.3, 0.89, []), (21_000, 0.3, nil, ["peer", "PostgreSQL"]),
        (4_000, 0.99, 0.95, ["peer", "PostgreSQL"]),
    ]

    @Test(arguments: drains)
    func aDrainNearACeilingIsDoubted(rate: Double, peerCore: Double, serverCore: Double?, limits: [String]) {
        let doubts = DrainCeilings(peer: 10_000, server: 20_000)
            .doubts(rate: rate, peerCore: peerCore, serverCore: serverCore)
        #expect(doubts.count == limits.count)
        for (doubt, limit) in zip(doubts, limits) { #expect(doubt.contains("\(limit) was the limit")) }
    }

    @Test func aDrainFasterThanItsSQLAloneIsDoubted() {
        let ceilings = DrainCeilings(peer: 100_000, server: 8_000)
        #expect(ceilings.doubts(rate: 7_900, peerCore: 0.3, serverCore: 0.5) == [])
        #expect(
            ceilings.doubts(rate: 8_100, peerCore: 0.3, serverCore: 0.5)
                == ["PostgreSQL was the limit (claim and settle alone are 8000 orders/s; it used 50 % of a core)"])
    }
}
