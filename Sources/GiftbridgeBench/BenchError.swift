/// Why the benchmark could not measure, or why what it measured cannot be believed.
struct BenchError: Error, CustomStringConvertible {
    /// One sentence.
    let description: String

    init(_ description: String) { self.description = description }
}
