import Foundation
import Glibc
import Subprocess
import SystemPackage
import TestSupport
import Testing

@testable import GiftbridgeCommand

/// Lines that are written from a thread of their own.
@Suite(.timeLimit(.minutes(1))) struct LineWriterTests {
    /// What a stalled reader makes too much is dropped, counted and told, and no line is torn; blocking or not.
    @Test(arguments: [true, false]) func whatIsTooMuchIsDroppedCountedAndTold(isBlocking: Bool) async throws {
        let pipe = try OutputPipe(isFull: true)
        defer { try? pipe.readEnd.close() }  // The test is over.
        try pipe.setBlocking(isBlocking)
        let writer = LineWriter(descriptor: pipe.writeEnd.rawValue, limit: 1000)
        writer.sayDrops { "dropped \($0)" }
        for number in 0..<100 { writer.write("line \(number) " + String(repeating: "x", count: 90)) }
        #expect(await !writer.flushed(within: .milliseconds(50)), "the pipe is not read")

        let read = Task { try await pipe.lines() }
        #expect(await writer.flushed(within: .seconds(20)))
        writer.write("after")
        #expect(await writer.flushed(within: .seconds(20)))
        try pipe.writeEnd.close()
        let lines = try await read.value
        #expect(lines.last == "after")
        // The thread may take what waits more than once before the pipe stalls it: each time, it says what it dropped.
        var next = 0
        for line in lines.dropLast() {
            if line.hasPrefix("dropped ") {
                next += try #require(Int(line.dropFirst("dropped ".count)))
            } else {
                #expect(line == "line \(next) " + String(repeating: "x", count: 90))
                next += 1
            }
        }
        #expect(next == 100)
        #expect(lines.contains { $0.hasPrefix("dropped ") })
        #expect(lines.count { $0.hasPrefix("line ") } >= 8)
    }

    /// Longer than what a pipe takes at once, so that it is written in pieces.
    @Test(arguments: [true, false]) func aLongLineIsWhole(isBlocking: Bool) async throws {
        let pipe = try OutputPipe(isFull: true)
        defer { try? pipe.readEnd.close() }  // The test is over.
        try pipe.setBlocking(isBlocking)
        let long = (0..<40_000).map(String.init).joined(separator: ",")
        let writer = LineWriter(descriptor: pipe.writeEnd.rawValue)
        for line in ["short", long, "short"] { writer.write(line) }
        let read = Task { try await pipe.lines() }
        #expect(await writer.flushed(within: .seconds(20)))
        try pipe.writeEnd.close()
        #expect(try await read.value == ["short", long, "short"])
    }

    @Test func manyThreadsWriteWholeLines() async throws {
        let pipe = try OutputPipe(isFull: false)
        defer { try? pipe.readEnd.close() }  // The test is over.
        let writer = LineWriter(descriptor: pipe.writeEnd.rawValue)
        let read = Task { try await pipe.lines() }
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask { for number in 0..<500 { writer.write("\(task) \(number) \(task * number)") } }
            }
        }
        #expect(await writer.flushed(within: .seconds(20)))
        try pipe.writeEnd.close()
        let lines = try await read.value
        #expect(lines.count == 4000 && Set(lines).count == 4000)
        for task in 0..<8 {
            let own = lines.filter { $0.hasPrefix("\(task) ") }
            #expect(own == (0..<500).map { "\(task) \($0) \(task * $0)" }, "in order")
        }
    }

    @Test func aReaderThatIsGoneEndsNothing() async throws {
        let pipe = try OutputPipe(isFull: false)
        try pipe.readEnd.close()
        let writer = LineWriter(descriptor: pipe.writeEnd.rawValue)
        for _ in 0..<3 {
            writer.write("lost")
            #expect(await writer.flushed(within: .seconds(20)))
        }
        try pipe.writeEnd.close()
    }
}

extension LineWriter {
    /// ``flush(within:)`` on a thread of its own: none of a task's may wait.
    fileprivate func flushed(within bound: Duration) async -> Bool {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: self.flush(within: bound)) }
        }
    }
}

/// Standard error that is not read does not stop sales: Docker's blocking log driver, a stopped journald, `| less`.
@Suite struct StalledLogTests {
    @Test func aWorkerWhoseLogIsNotReadSellsAndDrains() async throws {
        let database = try await TestServer.shared.database()
        try await database.liftLimit()
        let pipe = try OutputPipe(isFull: true)
        defer { try? pipe.readEnd.close() }  // The test is over.
        try await VendorPeer.run(["--rate-limit", "0"]) { vendor in
            let status = try await pipe.run(Bridge(database, vendor, ["GIFTBRIDGE_LOG_LEVEL": "debug"])) {
                try await database.insertOrders(1...1000)
                try await database.waitUntilFinished()
            }
            #expect(status == .exited(0))
        }
        #expect(try await database.states() == "completed=1000")
        #expect(try await pipe.lines() == [], "no line is torn: there was room for none")
    }

    @Test func whatWaitedIsReadLaterWholeAndInOrder() async throws {
        let database = try await TestServer.shared.database()
        try await database.liftLimit()
        let pipe = try OutputPipe(isFull: true)
        defer { try? pipe.readEnd.close() }  // The test is over.
        try await VendorPeer.run(["--rate-limit", "0"]) { vendor in
            try await database.insertOrders(1...300)
            // The pipe is not read before all are sold.
            let read = Task<[String], any Error> {
                try await database.waitUntilFinished()
                return try await pipe.lines()
            }
            let status = try await pipe.run(Bridge(database, vendor)) { try await database.waitUntilFinished() }
            #expect(status == .exited(0))
            let messages = try await read.value.map { line in
                let json = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                return try #require(json?["message"] as? String)
            }
            #expect(messages.first == "The worker is running." && messages.last == "The worker has stopped.")
            #expect(messages.count { $0 == "Order completed." } == 300)
        }
    }
}

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
