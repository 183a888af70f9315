import Subprocess
import SystemPackage

/// `giftbridge-bench load`: the peer's ceiling, from a process of its own.
enum LoadProcess {
    /// - Returns: Requests a second.
    static func run(_ executable: String, port: Int, connections: Int, for duration: Duration) async throws -> Double {
        let outcome = try await Subprocess.run(
            .path(FilePath(executable)),
            arguments: [
                "load", "--port", "\(port)", "--connections", "\(connections)",
                "--milliseconds", "\(Int(duration.milliseconds))",
            ],
            output: .string(limit: 1024), error: .currentStandardError)
        guard let rate = Double(outcome.standardOutput.prefix { !$0.isNewline }) else {
            throw BenchError("the HTTP peer's ceiling could not be measured")
        }
        return rate
    }
}
