import Synchronization
import Testing

@testable import Giftbridge
@testable import StatusServer

/// One look for all who ask at about the same time.
@Suite(.timeLimit(.minutes(1))) struct GlanceTests {
    private struct Failed: Error {}

    /// A look that can be counted and held up.
    private final class Source: Sendable {
        private let looks = Mutex(0)
        let gate = Latch()
        var count: Int { looks.withLock { $0 } }

        /// Waits until the look of this number has begun.
        func wait(for number: Int) async throws {
            let deadline = ContinuousClock.now + .seconds(10)
            while count < number {
                guard ContinuousClock.now < deadline else { throw Failed() }
                await Task.yield()
            }
        }

        func look() async -> Int {
            let number = looks.withLock { looks in
                looks += 1
                return looks
            }
            await gate.wait()
            return number
        }
    }

    @Test func allWhoAskAtOnceGetTheSameLook() async throws {
        let source = Source()
        let glance = Glance(freshness: .seconds(60)) { await source.look() }
        let values = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<50 { group.addTask { try await glance.value() } }
            group.addTask {
                try await source.wait(for: 1)
                source.gate.open()
                return 1
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(values == Array(repeating: 1, count: 51) && source.count == 1)
        #expect(try await glance.value() == 1, "still fresh")
        await glance.forget()
        #expect(try await glance.value() == 2)
    }

    @Test func whatIsForgottenWhileItIsLookedAtIsLookedAtAgain() async throws {
        let source = Source()
        let glance = Glance(freshness: .seconds(60)) { await source.look() }
        async let before = glance.value()
        try await source.wait(for: 1)
        await glance.forget()
        async let after = glance.value()
        try await source.wait(for: 2)
        source.gate.open()
        #expect(try await before == 1)
        #expect(try await after == 2)
    }

    @Test func aLookThatTakesTooLongDelaysNoOtherAndEndsAllTheSame() async throws {
        let source = Source()
        let glance = Glance(freshness: .seconds(60), patience: .milliseconds(50)) { await source.look() }
        await #expect(throws: TookTooLong.self) { try await glance.value() }
        await #expect(throws: TookTooLong.self, "at once, as it goes on") { try await glance.value() }
        source.gate.open()
        var value: Int?
        let deadline = ContinuousClock.now + .seconds(10)
        // Not yet over: asked again.
        while value == nil, ContinuousClock.now < deadline { value = try? await glance.value() }
        #expect(value == 1 && source.count == 1)
    }

    @Test func aFailureIsSharedTooAndTriedAgain() async throws {
        let looks = Mutex(0)
        let glance = Glance<Int>(freshness: .zero) {
            try looks.withLock { looks in
                looks += 1
                if looks == 1 { throw Failed() }
                return looks
            }
        }
        await #expect(throws: Failed.self) { try await glance.value() }
        #expect(try await glance.value() == 2)
    }
}
