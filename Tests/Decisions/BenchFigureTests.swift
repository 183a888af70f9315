import Testing

@testable import Bench

/// What the benchmark makes of its numbers.
@Suite struct BenchFigureTests {
    @Test func percentilesAreInterpolated() {
        #expect([3.0, 1, 2].median == 2)
        #expect([4.0, 1, 2, 3].median == 2.5)
        #expect([Double](stride(from: 0, through: 100, by: 1)).percentile(99) == 99)
        #expect([Double]().median.isNaN)
    }

    @Test(arguments: [
        (4_000.0, 0.3, []), (7_900, 0.3, []), (8_100, 0.3, ["peer"]), (4_000, 0.95, ["peer"]),
        (7_300, 0.3, ["PostgreSQL"]), (9_900, 0.99, ["peer", "PostgreSQL"]),
    ])
    func aDrainNearACeilingIsDoubted(rate: Double, peerCore: Double, limits: [String]) {
        let server = limits.contains("PostgreSQL") ? 8_000.0 : 20_000
        let doubts = DrainCeilings(peer: 10_000, server: server).doubts(rate: rate, peerCore: peerCore)
        #expect(doubts.count == limits.count)
        for (doubt, limit) in zip(doubts, limits) { #expect(doubt.contains("\(limit) was the limit")) }
    }
}
