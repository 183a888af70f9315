/// What the benchmark found.
public struct BenchReport: Sendable, Encodable {
    /// Where it was measured.
    public let machine: Machine
    /// The figures, in the order in which they were taken.
    public let measurements: [Measurement]
    /// What makes figures worse than they are: a debug build, other processes at work.
    public let warnings: [String]
    /// Figures that cannot be believed, and why; empty: all can.
    public let failures: [String]
}
