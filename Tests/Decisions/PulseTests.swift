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
