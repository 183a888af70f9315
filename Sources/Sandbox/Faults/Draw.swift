/// Reproducible chance: SplitMix64, seeded per request.
struct Draw: RandomNumberGenerator {
    private var state: UInt64

    /// A generator that gives the same sequence for the same seed.
    init(seed: UInt64) {
        state = seed
    }

    /// A generator for one request: it depends on the seed, the order's id and its how-many-th request this is.
    init(seed: UInt64, orderID: String, visit: Int) {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in orderID.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        var mixed = Draw(seed: seed &+ hash &+ UInt64(truncatingIfNeeded: visit) &* 0xD1B5_4A32_D192_ED03)
        state = mixed.next()
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    /// A number from 0 up to but not including 1.
    mutating func share() -> Double {
        Double(next() >> 11) * 0x1p-53
    }
}
