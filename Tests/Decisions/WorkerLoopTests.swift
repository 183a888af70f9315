import Testing

@testable import Giftbridge

/// When a worker's loop is sick.
@Suite("The loop's pulse")
struct PulseTests {
    @Test(
        "It may wait for a heartbeat and a database that hangs, and not for ever",
        arguments: [
            (0, 10, false), (100, 10, false), (135, 10, false), (145, 10, true), (145, 60, false), (245, 60, true),
        ]
    )
    func sick(age: Int, heartbeat: Int, isSick: Bool) {
        let pulse = Pulse(at: .now - .seconds(age))
        #expect(pulse.isSick(heartbeat: .seconds(heartbeat)) == isSick)
        pulse.beat()
        #expect(!pulse.isSick(heartbeat: .seconds(heartbeat)))
    }
}

/// Requests of one allowance that wait for one another.
@Suite("Request slots", .timeLimit(.minutes(1)))
struct RequestSlotsTests {
    /// Starts requests that wait, one after another.
    private static func wait(_ slots: RequestSlots, _ allowance: String, _ count: Int) async -> [Task<Bool, Never>] {
        var tasks: [Task<Bool, Never>] = []
        for _ in 0..<count {
            let before = slots.waiting
            tasks.append(Task { await slots.enter(allowance) })
            while slots.waiting == before, !Task.isCancelled { await Task.yield() }
        }
        return tasks
    }

    @Test("Each allowance has its slots; the others wait, and go in their order")
    func order() async {
        let slots = RequestSlots(2, patience: .seconds(60))
        for allowance in ["a", "a", "b", "b"] { #expect(await slots.enter(allowance)) }
        let waiting = await Self.wait(slots, "a", 3)
        #expect(slots.waiting == 3)
        slots.leave("b")
        #expect(slots.waiting == 3, "a slot of another allowance is no use")
        for (index, task) in waiting.enumerated() {
            slots.leave("a")
            #expect(await task.value)
            #expect(slots.waiting == 2 - index)
        }
        for _ in 1...2 { slots.leave("a") }
        for _ in 1...2 { #expect(await slots.enter("a")) }
    }

    @Test("A slot that becomes free too late is given to none of those that waited")
    func patience() async throws {
        let slots = RequestSlots(1, patience: .zero)
        #expect(await slots.enter("a"))
        let late = await Self.wait(slots, "a", 2)
        slots.leave("a")
        let stillWaiting = slots.waiting
        slots.turnAway()  // If any does, the test fails, and does not hang.
        for task in late { #expect(await !task.value) }
        try #require(stillWaiting == 0)
        #expect(await slots.enter("a"))
    }

    @Test("What has waited too long is turned away, and leaves no slot behind")
    func turnAway() async {
        let slots = RequestSlots(1, patience: .seconds(60))
        #expect(await slots.enter("a"))
        let early = await Self.wait(slots, "a", 1)
        let between = ContinuousClock.now
        let late = await Self.wait(slots, "a", 1)
        slots.turnAway(before: between)
        #expect(await !early[0].value)
        #expect(slots.waiting == 1)
        slots.leave("a")
        #expect(await late[0].value)
        let others = await Self.wait(slots, "a", 2)
        slots.turnAway()
        for other in others { #expect(await !other.value) }
        slots.leave("a")
        #expect(await slots.enter("a"))
    }
}

/// One event, any number who wait for it.
@Suite struct LatchTests {
    @Test(.timeLimit(.minutes(1))) func allWhoWaitGoOnAndWhoComesLaterDoesNotWait() async {
        let latch = Latch()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<100 { group.addTask { await latch.wait() } }
            group.addTask { latch.open() }
        }
        await latch.wait()
        latch.open()
        await latch.wait()
    }

    /// Systemd's notifier and others wait for the same worker: one that gives up must not make the others believe it is ready.
    @Test(.timeLimit(.minutes(1))) func oneThatIsCancelledGoesAndTheOthersGoOnWaiting() async {
        let metrics = WorkerMetrics()
        metrics.note(WorkerStatus(host: "h", pid: 1, version: "1"), unwritten: 0, isConnected: true)
        let (patient, impatient) = (Task { await metrics.untilReady() }, Task { await metrics.untilReady() })
        impatient.cancel()
        await impatient.value
        let first = await withTaskGroup(of: String.self) { group in
            group.addTask {
                await patient.value
                return "ready"
            }
            group.addTask {
                // The other one's end has to show within this, if it ended with the cancelled one.
                for _ in 0..<1000 { await Task.yield() }
                metrics.listening(true)
                return "told"
            }
            return await group.next()
        }
        #expect(first == "told")
    }

    @Test(.timeLimit(.minutes(1))) func oneCancelledBeforeItWaitsDoesNotWait() async {
        let latch = Latch()
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            await latch.wait()
        }
        task.cancel()
        await task.value
    }
}

/// How `GIFTBRIDGE_TEST_CRASH` is read.
@Suite struct CrashPointTests {
    @Test func eachPointCanBeNamed() throws {
        for point in CrashPoint.allCases {
            let plan = try #require(CrashPoint.Plan("\(point):2"))
            #expect(plan.point == point && plan.count == 2)
        }
    }

    @Test(arguments: [
        "", "claimed", "claimed:", ":1", "claimed:0", "claimed:-1", "claimed:x", "claimed:1:", "nowhere:1",
    ])
    func anythingElseIsNoPlan(text: String) {
        #expect(CrashPoint.Plan(text) == nil)
    }
}
