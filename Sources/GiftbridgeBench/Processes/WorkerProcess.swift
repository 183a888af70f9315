import FoundationEssentials
import Glibc
import Subprocess
import SystemPackage

/// `giftbridge run` in a process of its own, as an operator runs it.
struct WorkerProcess: Sendable {
    let pid: Int32
    /// When it was started, by CLOCK_MONOTONIC in nanoseconds: before the fork.
    let startedAt: Int64
    private let logPath: String

    /// The log's first line that says something is wrong, else its last.
    var lastWords: String { Self.lastWords(of: logPath) }

    private static func lastWords(of logPath: String) -> String {
        let log = FileManager.default.contents(atPath: logPath).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let lines = log.split(separator: "\n")
        let fault = lines.first { line in ["giftbridge: ", "failed: ", "Fatal error"].contains { line.contains($0) } }
        return String(fault ?? lines.last ?? "it left no log")
    }

    /// Runs a worker while `body` runs, then drains it.
    ///
    /// - Parameters:
    ///   - executable: `giftbridge`.
    ///   - settings: Its environment, by variable name.
    ///   - logPath: Where its log goes.
    /// - Throws: What `body` throws; ``BenchError`` if the worker ends with anything but 0.
    static func run<Value: Sendable>(
        _ executable: String, settings: [String: String], logPath: String,
        _ body: @Sendable @escaping (WorkerProcess) async throws -> Value
    ) async throws -> Value {
        var variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("GIFTBRIDGE_") }
        variables.merge(settings) { _, new in new }
        let log = try FileDescriptor.open(
            FilePath(logPath), .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
        let startedAt = monotonicNow()
        let outcome = try await Subprocess.run(
            .path(FilePath(executable)), arguments: ["run"],
            environment: .custom(
                Dictionary(uniqueKeysWithValues: variables.map { (Environment.Key(stringLiteral: $0.key), $0.value) })),
            input: .none, output: .discarded, error: .fileDescriptor(log, closeAfterSpawningProcess: true)
        ) { execution -> Result<Value, any Error> in
            let pid = execution.processIdentifier.value
            let result = await Result {
                try await body(WorkerProcess(pid: pid, startedAt: startedAt, logPath: logPath))
            }
            kill(pid, SIGTERM)
            return result
        }
        let value = try outcome.takeClosureResult().get()
        guard case .exited(0) = outcome.terminationStatus else {
            throw BenchError("the worker ended with \(outcome.terminationStatus): \(lastWords(of: logPath))")
        }
        return value
    }
}
