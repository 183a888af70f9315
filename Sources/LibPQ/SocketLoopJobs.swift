import CLibPQ
import Synchronization

/// The jobs that wait for a loop's thread, and the event (`eventfd(2)`) that wakes it up for them.
final class SocketLoopJobs: Sendable {
    /// A job and by which of the two ways it came.
    ///
    /// The runtime skips a hop only between pieces of code that run with the same pair of executors. An actor's job of
    /// a task without a preference has no task executor; started with one, each of its hops to the actor on which it
    /// already is would be another round of the loop.
    enum Job {
        case ofActor(UnownedJob)
        case ofTask(UnownedJob)
    }

    private struct Queue {
        var jobs: [Job] = []
        /// A few, and seldom more than one that is near.
        var alarms: [(alarm: SocketLoop.Alarm, deadline: ContinuousClock.Instant, body: @Sendable () -> Void)] = []
        var lastAlarm: UInt64 = 0
        var isAsleep = false

        var nearest: ContinuousClock.Instant? { alarms.lazy.map(\.deadline).min() }
    }

    private let queue = Mutex(Queue())
    private let thread = Atomic<UInt>(0)
    /// Readable when the thread is to wake up. Neither blocks nor is inherited by a child process.
    let wakeUpDescriptor: Int32

    init() {
        wakeUpDescriptor = shim_event()
        guard wakeUpDescriptor >= 0 else { fatalError("SocketLoop: no descriptor left for the wake-up event") }
    }

    /// Whether the caller is on the thread that runs the jobs.
    var isOnTheirThread: Bool {
        thread.load(ordering: .relaxed) == shim_current_thread()
    }

    /// Makes the calling thread the one that runs the jobs.
    func becomeTheirThread() {
        thread.store(shim_current_thread(), ordering: .relaxed)
    }

    /// Queues a job and wakes the thread if it sleeps. From any thread.
    func append(_ job: Job) {
        let mustWake = queue.withLock { queue in
            queue.jobs.append(job)
            defer { queue.isAsleep = false }
            return queue.isAsleep
        }
        if mustWake { wake() }
    }

    /// Keeps what to do at a deadline, and wakes the thread if it would sleep over it. From any thread.
    func add(_ deadline: ContinuousClock.Instant, _ body: @escaping @Sendable () -> Void) -> SocketLoop.Alarm {
        let (alarm, mustWake) = queue.withLock { queue in
            let mustWake = queue.isAsleep && queue.nearest.map { deadline < $0 } ?? true
            queue.lastAlarm += 1
            let alarm = SocketLoop.Alarm(id: queue.lastAlarm)
            queue.alarms.append((alarm, deadline, body))
            if mustWake { queue.isAsleep = false }
            return (alarm, mustWake)
        }
        if mustWake { wake() }
        return alarm
    }

    /// Forgets an alarm. From any thread.
    func remove(_ alarm: SocketLoop.Alarm) {
        // What it holds is freed outside of the lock.
        _ = queue.withLock { queue in
            queue.alarms.firstIndex { $0.alarm == alarm }.map { queue.alarms.remove(at: $0) }
        }
    }

    /// Takes what is due.
    func takeDue() -> [@Sendable () -> Void] {
        queue.withLock { queue in
            guard !queue.alarms.isEmpty else { return [] }
            let now = ContinuousClock.now
            let due = queue.alarms.filter { $0.deadline <= now }
            if !due.isEmpty { queue.alarms.removeAll { $0.deadline <= now } }
            return due.map(\.body)
        }
    }

    private func wake() {
        _ = withUnsafePointer(to: UInt64(1)) { write(wakeUpDescriptor, $0, 8) }
    }

    /// Takes all jobs in exchange for an empty array, the memory of which is used on.
    func take(_ batch: inout [Job]) {
        queue.withLock { swap(&batch, &$0.jobs) }
    }

    /// Whether the thread may sleep: there are no jobs, and the next one wakes it. And until which alarm, if there is one.
    func fallAsleep() -> (isAsleep: Bool, until: ContinuousClock.Instant?) {
        queue.withLock { queue in
            queue.isAsleep = queue.jobs.isEmpty
            return (queue.isAsleep, queue.nearest)
        }
    }

    /// No wake-up is needed any more; if there was one, the event is taken.
    func wakeUp(isSignalled: Bool) {
        queue.withLock { $0.isAsleep = false }
        guard isSignalled else { return }
        var count: UInt64 = 0
        _ = read(wakeUpDescriptor, &count, 8)
    }
}
