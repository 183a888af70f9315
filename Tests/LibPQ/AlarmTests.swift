import Synchronization
import Testing

@testable import LibPQ

/// Alarms go off after their deadline, in their order, and from whichever thread they are set.
@Suite("Alarms of a loop", .timeLimit(.minutes(1)))
struct AlarmTests {
    private let loop = SocketLoop(name: "alarms")

    @Test("Each goes off once, none before its deadline, the nearest first however they were set")
    func order() async {
        let begin = ContinuousClock.now
        let delays = [60, 20, 40, 0]
        let rung = await withCheckedContinuation { continuation in
            let rung = Mutex([(delay: Int, at: ContinuousClock.Instant)]())
            for delay in delays {
                loop.schedule(at: begin + .milliseconds(delay)) {
                    let all = rung.withLock {
                        $0.append((delay, .now))
                        return $0
                    }
                    if all.count == delays.count { continuation.resume(returning: all) }
                }
            }
        }
        #expect(rung.map(\.delay) == [0, 20, 40, 60])
        #expect(rung.allSatisfy { $0.at >= begin + .milliseconds($0.delay) })
    }

    @Test("One that was taken back does not go off")
    func cancel() async {
        let hasRung = Atomic(false)
        let alarm = loop.schedule(at: .now + .milliseconds(20)) { hasRung.store(true, ordering: .relaxed) }
        loop.cancel(alarm)
        // A later one goes off, so the loop has been at the first one's deadline.
        await withCheckedContinuation { continuation in
            loop.schedule(at: .now + .milliseconds(40)) { continuation.resume() }
        }
        let result = hasRung.load(ordering: .relaxed)
        #expect(!result)
        loop.cancel(alarm)
    }

    @Test("A sleep ends at its time, or at once when its task is cancelled")
    func sleep() async throws {
        let begin = ContinuousClock.now
        try await loop.sleep(for: .milliseconds(20))
        #expect(ContinuousClock.now - begin >= .milliseconds(20))

        let sleeper = Task { [loop] in try await loop.sleep(for: .seconds(3600)) }
        await Task.yield()
        sleeper.cancel()
        await #expect(throws: CancellationError.self) { try await sleeper.value }
    }

    @Test("A nearer alarm wakes a loop that sleeps towards a later one, a thousand times over")
    func nearer() async {
        let late = loop.schedule(at: .now + .seconds(3600)) {}
        for _ in 0..<1000 {
            await withCheckedContinuation { continuation in
                loop.schedule(at: .now) { continuation.resume() }
            }
        }
        loop.cancel(late)
    }
}
