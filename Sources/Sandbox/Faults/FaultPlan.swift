/// The faults that wait to strike, and those that chance brings.
struct FaultPlan {
    /// A fault put on the list through the admin endpoint or ``SandboxServer``.
    struct Entry: Equatable {
        let kind: FaultKind
        /// The order it is meant for; nil: whichever comes next.
        let orderID: String?
        /// How often it will still strike; 1 or more.
        var times: Int
    }

    /// A fault chosen for one request.
    struct Strike: Equatable {
        let kind: FaultKind
        /// The list entry it came from; nil: chance.
        let entry: Entry?
    }

    /// How many entries may wait.
    static let entryBound = 100_000

    private(set) var entries: [Entry] = []
    private let rate: Double
    private let kinds: [FaultKind]

    init(rate: Double, kinds: [FaultKind]) {
        self.rate = rate
        self.kinds = kinds
    }

    /// Puts a fault on the list; false where the list is full.
    mutating func add(_ entry: Entry) -> Bool {
        guard entries.count < Self.entryBound else { return false }
        entries.append(entry)
        return true
    }

    /// The fault for a sale request: first one meant for its order, then one meant for any, then chance.
    mutating func strike(orderID: String?, draw: inout Draw) -> Strike? {
        let mine = orderID.flatMap { orderID in entries.firstIndex { $0.orderID == orderID } }
        if let index = mine ?? entries.firstIndex(where: { $0.orderID == nil }) {
            let entry = entries[index]
            if entry.times <= 1 { entries.remove(at: index) } else { entries[index].times -= 1 }
            return Strike(kind: entry.kind, entry: entry)
        }
        guard rate > 0, draw.share() < rate, let kind = kinds.randomElement(using: &draw) else { return nil }
        return Strike(kind: kind, entry: nil)
    }

    /// Gives back a strike that found nothing to strike; it is the first of its kind again.
    mutating func giveBack(_ strike: Strike) {
        guard let entry = strike.entry else { return }
        entries.insert(Entry(kind: entry.kind, orderID: entry.orderID, times: 1), at: 0)
    }
}

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
