import Foundation
import Subprocess
import Synchronization
import SystemPackage

/// The real binary as a process of its own: its lines as they come, signals, exit status.
package struct RunningProcess: Sendable {
    package let pid: Int32
    private let lines: Lines

    /// The binary that was built beside the tests.
    package static let binary: String = {
        if let path = ProcessInfo.processInfo.environment["GIFTBRIDGE_BINARY"] { return path }
        let test =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: test).deletingLastPathComponent().appending(path: "giftbridge").path
    }()

    /// What a process left behind.
    package struct Outcome: Sendable {
        /// The exit status; nil: ended by a signal.
        package let status: Int32?
        /// The signal that ended it.
        package let signal: Int32?
        /// Standard output and standard error, in lines as they came.
        package let output: [String]

        package var text: String { output.joined(separator: "\n") }
    }

    /// Runs `giftbridge` with arguments to its end.
    package static func giftbridge(
        _ arguments: [String], environment: [String: String] = [:], within bound: Duration = .seconds(60)
    ) async throws -> Outcome {
        try await run(arguments, environment: environment) { try await $0.end(within: bound) }.outcome
    }

    /// Runs `giftbridge` with arguments while `body` runs; what is left of it then is killed.
    ///
    /// - Parameters:
    ///   - environment: In place of this process's, but for PATH and HOME.
    ///   - program: Another program than `giftbridge`.
    package static func run<Value: Sendable>(
        _ arguments: [String], environment: [String: String] = [:], program: String = binary,
        _ body: @Sendable @escaping (RunningProcess) async throws -> Value
    ) async throws -> (value: Value, outcome: Outcome) {
        let inherited = ProcessInfo.processInfo.environment.filter { ["PATH", "HOME", "TMPDIR"].contains($0.key) }
        // Many workers at once: each has an HTTP address only where a test asks for one.
        let all = inherited.merging(["GIFTBRIDGE_HTTP_ADDRESS": ""]) { _, new in new }
            .merging(environment) { _, new in new }
        let lines = Lines()
        let result = try await Subprocess.run(
            .path(FilePath(program)), arguments: Arguments(arguments),
            environment: .custom(
                Dictionary(uniqueKeysWithValues: all.map { (Environment.Key(stringLiteral: $0.key), $0.value) })),
            input: .none, output: .sequence, error: .combinedWithOutput
        ) { execution in
            let process = RunningProcess(pid: execution.processIdentifier.value, lines: lines)
            let reader = Task {
                do {
                    for try await line in execution.standardOutput.strings() {
                        lines.append(line.trimmingCharacters(in: .newlines))
                    }
                } catch {
                    lines.append("the output could not be read: \(error)")
                }
                lines.finish()
            }
            let value: Result<Value, any Error>
            do { value = .success(try await body(process)) } catch { value = .failure(error) }
            if !lines.isFinished { process.signal(SIGKILL) }
            await reader.value
            return value
        }
        let outcome =
            switch result.terminationStatus {
            case .exited(let status): Outcome(status: status, signal: nil, output: lines.all)
            case .signaled(let signal): Outcome(status: nil, signal: signal, output: lines.all)
            }
        do {
            return (try result.takeClosureResult().get(), outcome)
        } catch {
            throw Failed(cause: error, output: lines.all)
        }
    }

    /// A test's failure, with what the process said.
    package struct Failed: Error, CustomStringConvertible {
        let cause: any Error
        let output: [String]
        package var description: String { "\(cause)\nThe process said:\n\(output.suffix(40).joined(separator: "\n"))" }
    }

    package func signal(_ signal: Int32) {
        kill(pid, signal)
    }

    /// Waits for a line that contains `text`.
    ///
    /// - Returns: The whole line.
    @discardableResult
    package func line(containing text: String, within bound: Duration = .seconds(30)) async throws -> String {
        let deadline = ContinuousClock.now + bound
        while ContinuousClock.now < deadline {
            if let line = lines.all.first(where: { $0.contains(text) }) { return line }
            if lines.isFinished { break }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw TimedOut(what: "a line with \"\(text)\"")
    }

    /// Waits until the process has closed its output, which it does at its end.
    package func end(within bound: Duration = .seconds(60)) async throws {
        let deadline = ContinuousClock.now + bound
        while !lines.isFinished {
            guard ContinuousClock.now < deadline else { throw TimedOut(what: "the process's end") }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// What it has said so far.
    package var output: [String] { lines.all }

    private final class Lines: Sendable {
        private let state = Mutex((lines: [String](), isFinished: false))
        func append(_ line: String) { state.withLock { $0.lines.append(line) } }
        func finish() { state.withLock { $0.isFinished = true } }
        var all: [String] { state.withLock { $0.lines } }
        var isFinished: Bool { state.withLock { $0.isFinished } }
    }
}
