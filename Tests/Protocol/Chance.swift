/// Reproducible chance (SplitMix64): the same seed, the same draws.
struct Chance {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    /// 0 to `bound` - 1.
    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(max(bound, 1))) }

    /// True so many times out of a hundred.
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
