import TestSupport

/// Reproducible chance: the same seed, the same draws.
struct Chance {
    private var random: SplitMix

    init(seed: UInt64) { random = SplitMix(seed: seed) }

    /// 0 to `bound` - 1.
    mutating func below(_ bound: Int) -> Int { Int(random.next() % UInt64(max(bound, 1))) }

    /// True with this probability, in percent.
    mutating func percent(_ probability: Int) -> Bool { below(100) < probability }

    mutating func pick<Element>(_ elements: [Element]) -> Element? {
        elements.isEmpty ? nil : elements[below(elements.count)]
    }

    /// One of the cases, each as often as its weight says.
    mutating func weighted<Element>(_ cases: [(weight: Int, value: Element)]) -> Element? {
        var place = below(cases.reduce(0) { $0 + $1.weight })
        for (weight, value) in cases {
            if place < weight { return value }
            place -= weight
        }
        return nil
    }
}
