import Synchronization
import Testing

@testable import Giftbridge

/// Rings coalesce, and none gets lost.
@Suite("Doorbell", .timeLimit(.minutes(1)))
struct DoorbellTests {
    /// Far enough that a test which needs it fails by its bound.
    static var never: ContinuousClock.Instant { .now + .seconds(3600) }

    private final class Count: Sendable {
        let value = Atomic(0)
    }

    @Test("A ring before the wait ends it at once, and many are one")
    func ringBefore() async {
        let bell = Doorbell()
        for _ in 0..<1000 { bell.ring() }
        await bell.wait(until: Self.never)
        let before = ContinuousClock.now
        await bell.wait(until: before + .milliseconds(30))
        #expect(ContinuousClock.now - before >= .milliseconds(30))
    }

    @Test("Without a ring it ends at the deadline, also at one that has passed")
    func deadline() async {
        let bell = Doorbell()
        let before = ContinuousClock.now
        await bell.wait(until: before + .milliseconds(30))
        #expect(ContinuousClock.now - before >= .milliseconds(30))
        await bell.wait(until: before - .seconds(1))
        #expect(ContinuousClock.now - before < .seconds(10))
    }

    @Test("A ring during the wait ends it")
    func ringDuring() async {
        let bell = Doorbell()
        async let waiting: Void = bell.wait(until: Self.never)
        await Task.yield()
        bell.ring()
        await waiting
    }

    @Test("Whatever was done before a ring is seen after a wait: none of 200,000 rings by eight at once gets lost")
    func noneIsLost() async {
        let bell = Doorbell()
        let done = Count()
        let total = 8 * 25_000
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for turn in 0..<25_000 {
                        done.value.add(1, ordering: .sequentiallyConsistent)
                        bell.ring()
                        if turn.isMultiple(of: 500) { await Task.yield() }
                    }
                }
            }
            // If a ring got lost, this would wait for the hour, and the time limit would end the test.
            while done.value.load(ordering: .sequentiallyConsistent) < total {
                await bell.wait(until: Self.never)
            }
        }
        #expect(done.value.load(ordering: .sequentiallyConsistent) == total)
    }

    @Test("One ring, one wake-up: ping-pong of two doorbells never stalls")
    func pingPong() async {
        let (ping, pong) = (Doorbell(), Doorbell())
        async let other: Void = {
            for _ in 0..<20_000 {
                await ping.wait(until: Self.never)
                pong.ring()
            }
        }()
        for _ in 0..<20_000 {
            ping.ring()
            await pong.wait(until: Self.never)
        }
        await other
    }

    @Test("Rings that race with the deadline neither crash nor block")
    func raceWithDeadline() async {
        let bell = Doorbell()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                while !Task.isCancelled {
                    bell.ring()
                    await Task.yield()
                }
            }
            for turn in 0..<3000 {
                await bell.wait(until: .now + .microseconds(turn % 50))
            }
            group.cancelAll()
        }
    }
}
