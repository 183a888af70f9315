import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import GiftbridgeCommand

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

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
