/// What the benchmark found.
struct BenchReport: Sendable, Encodable {
    /// Where it was measured.
    let machine: Machine
    /// The figures, in the order in which they were taken.
    let measurements: [Measurement]
    /// What makes figures worse than they are: a debug build, other processes at work.
    let warnings: [String]
    /// Figures that cannot be believed, and why; empty: all can.
    let failures: [String]
}
