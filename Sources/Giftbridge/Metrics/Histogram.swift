/// Durations, counted by how long they took.
public struct Histogram: Sendable, Equatable {
    /// The upper bounds of the buckets in seconds, ascending. The last bucket, for longer durations, has no bound.
    public let bounds: [Double]
    /// The number of durations in each bucket, not cumulative; one more element than `bounds`.
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
