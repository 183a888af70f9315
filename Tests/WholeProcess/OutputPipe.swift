import Foundation
import Subprocess
import SystemPackage
import TestSupport

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A pipe that takes what a process says, read when the test likes.
struct OutputPipe: Sendable {
    let readEnd: FileDescriptor
    let writeEnd: FileDescriptor

    /// - Parameter isFull: It takes no byte more until it is read.
    init(isFull: Bool) throws {
        (readEnd, writeEnd) = try FileDescriptor.pipe()
        // No other process that a test starts may hold an end.
        for end in [readEnd, writeEnd] {
            guard fcntl(end.rawValue, F_SETFD, FD_CLOEXEC) == 0 else { throw Errno(rawValue: errno) }
        }
        guard isFull else { return }
        try setBlocking(false)
        let filler = Array(repeating: UInt8(ascii: "\n"), count: 4096)
        while write(writeEnd.rawValue, filler, filler.count) > 0 {}
        try setBlocking(true)
    }

    /// Whether writers wait for a reader; with false they are told EAGAIN.
    func setBlocking(_ isBlocking: Bool) throws {
        let flags = fcntl(writeEnd.rawValue, F_GETFL)
        guard flags >= 0, fcntl(writeEnd.rawValue, F_SETFL, isBlocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK) == 0
        else { throw Errno(rawValue: errno) }
    }

    /// Reads until every write end is closed, on a thread of its own.
    ///
    /// - Returns: The lines, without empty ones.
    func lines() async throws -> [String] {
        let data = try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Result {
                        try FileHandle(fileDescriptor: readEnd.rawValue, closeOnDealloc: false).readToEnd() ?? Data()
                    })
            }
        }
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// Runs `giftbridge run` with this as its standard error while `body` runs, drains it then, and kills it if that takes long.
    func run(_ bridge: Bridge, _ body: @Sendable @escaping () async throws -> Void) async throws -> TerminationStatus {
        let variables = ["GIFTBRIDGE_HTTP_ADDRESS": "", "PATH": "/usr/bin:/bin"].merging(bridge.environment) { $1 }
        let outcome = try await Subprocess.run(
            .path(FilePath(RunningProcess.binary)), arguments: ["run"],
            environment: .custom(
                Dictionary(uniqueKeysWithValues: variables.map { (Environment.Key(stringLiteral: $0.key), $0.value) })),
            input: .none, output: .discarded, error: .fileDescriptor(writeEnd, closeAfterSpawningProcess: true)
        ) { execution -> Result<Void, any Error> in
            let pid = execution.processIdentifier.value
            let result: Result<Void, any Error>
            do { result = .success(try await body()) } catch { result = .failure(error) }
            kill(pid, SIGTERM)
            Thread.detachNewThread {
                // A process of the same number is a long way off.
                sleep(20)
                kill(pid, SIGKILL)
            }
            return result
        }
        try outcome.takeClosureResult().get()
        return outcome.terminationStatus
    }
}
