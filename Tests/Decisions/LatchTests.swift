import Testing

@testable import Giftbridge

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
