/// Why the benchmark could not measure, or why what it measured cannot be believed.
public struct BenchError: Error, CustomStringConvertible {
    /// One sentence.
    public let description: String

    init(_ description: String) { self.description = description }
}
