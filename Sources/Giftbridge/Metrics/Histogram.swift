/// Durations, counted by how long they took.
public struct Histogram: Sendable, Equatable {
    /// The upper bounds of the buckets in seconds, ascending; what takes longer is in the last one, which has none.
    public let bounds: [Double]
    /// How many are in each bucket alone, one more than there are bounds.
    public private(set) var counts: [Int]
    /// All durations together, in seconds.
    public private(set) var sum = 0.0

    /// An empty one.
    ///
    /// - Parameter bounds: In seconds, ascending.
    public init(bounds: [Double]) {
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count + 1)
    }

    /// How many durations there are.
    public var count: Int { counts.reduce(0, +) }

    /// Counts a duration in the first bucket whose bound is not below it.
    public mutating func observe(_ duration: Duration) {
        let seconds = duration / .seconds(1)
        counts[bounds.firstIndex { seconds <= $0 } ?? bounds.count] += 1
        sum += seconds
    }
}
