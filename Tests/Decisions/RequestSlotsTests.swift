import Testing

@testable import Giftbridge

/// Requests of one allowance that wait for one another.
@Suite("Request slots", .timeLimit(.minutes(1)))
struct RequestSlotsTests {
    /// Starts requests that wait, one after another.
    private static func wait(_ slots: RequestSlots, _ allowance: String, _ count: Int) async -> [Task<Bool, Never>] {
        var tasks: [Task<Bool, Never>] = []
        for _ in 0..<count {
            let before = slots.waiting
            tasks.append(Task { await slots.enter(allowance) })
            while slots.waiting == before { await Task.yield() }
        }
        return tasks
    }

    @Test("Each allowance has its slots; the others wait, and go in their order")
    func order() async {
        let slots = RequestSlots(2)
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
        let slots = RequestSlots(1)
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
