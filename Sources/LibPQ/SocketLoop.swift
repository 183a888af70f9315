import CLibPQ
import Synchronization

/// A thread of its own that is both an event loop over a few sockets and the executor of the code that uses them.
///
/// An actor that runs on the thread that waits for its socket gets an answer without a hop between threads, which is
/// as fast as C. So make the actor that uses a ``Connection`` one of the same loop:
///
/// ```swift
/// nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
/// ```
///
/// or have a whole task run there: `Task(executorPreference: loop) { … }`, which costs some microseconds more.
///
/// It follows `poll(2)` with an event that wakes it up: with a handful of sockets that costs no more than epoll. While
/// nothing happens the thread sleeps. Never block a loop: every connection on it would wait.
///
/// A loop lives as long as the process, so make few: ``shared`` is enough for most.
package final class SocketLoop: Sendable {
    /// The loop that connections use unless they are given another.
    package static let shared = SocketLoop(name: "libpq")

    let jobs = SocketLoopJobs()
    let actorExecutor: SocketLoopActorExecutor
    private let watches = Mutex([SocketWatch]())

    /// Starts a loop with a thread of its own. Stops the process when the system has no thread or descriptor left,
    /// as nothing could work without.
    ///
    /// - Parameter name: the thread's name in debuggers, up to 15 characters.
    package init(name: String) {
        actorExecutor = SocketLoopActorExecutor(jobs)
        guard DetachedThread.start(name: name, { self.run() }) else {
            fatalError("SocketLoop: the system has no thread left")
        }
    }

    /// Starts to wait for `watch`'s socket and deadline. Only on the loop's thread.
    func add(_ watch: SocketWatch) {
        precondition(jobs.isOnTheirThread)
        watches.withLock { $0.append(watch) }
    }

    /// Stops waiting for `watch`: its handler is not called again. Before its descriptor is closed, because the
    /// number could be reused a moment later. Only on the loop's thread.
    func remove(_ watch: SocketWatch) {
        precondition(jobs.isOnTheirThread)
        watches.withLock { $0.removeAll { $0 === watch } }
        watch.state.withLock { $0.isRemoved = true }
    }

    private func run() {
        jobs.becomeTheirThread()
        var batch: [SocketLoopJobs.Job] = []
        var polled: [pollfd] = []
        while true {
            runJobs(&batch)
            let current = watches.withLock { $0 }
            var deadline: ContinuousClock.Instant?
            polled.removeAll(keepingCapacity: true)
            polled.append(pollfd(fd: jobs.wakeUpDescriptor, events: Int16(POLLIN), revents: 0))
            for watch in current {
                let state = watch.state.withLock { $0 }
                let events = state.wantsWrite ? POLLIN | POLLOUT : POLLIN
                polled.append(pollfd(fd: state.descriptor, events: Int16(events), revents: 0))
                if let next = state.deadline { deadline = min(deadline ?? next, next) }
            }
            // A failure (EINTR) leaves every `revents` at 0 and is simply another round.
            _ = poll(&polled, nfds_t(polled.count), timeout(until: deadline))
            jobs.wakeUp(isSignalled: polled[0].revents != 0)
            report(polled[1...], to: current)
            for body in jobs.takeDue() { body() }
        }
    }

    /// Runs the queued jobs, and those that they enqueue in turn, as processing one order usually does. After some rounds the
    /// sockets get their turn.
    private func runJobs(_ batch: inout [SocketLoopJobs.Job]) {
        for _ in 0..<16 {
            jobs.take(&batch)
            guard !batch.isEmpty else { return }
            for job in batch {
                switch job {
                case .ofActor(let job):
                    job.runSynchronously(on: asUnownedSerialExecutor())
                case .ofTask(let job):
                    job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
                }
            }
            batch.removeAll(keepingCapacity: true)
        }
    }

    /// How many milliseconds `poll` may sleep: none with jobs waiting, else until the nearest deadline, else for ever.
    private func timeout(until deadline: ContinuousClock.Instant?) -> Int32 {
        let (isAsleep, alarm) = jobs.fallAsleep()
        guard isAsleep else { return 0 }
        guard let nearest = [deadline, alarm].lazy.compactMap({ $0 }).min() else { return -1 }
        return Self.milliseconds(ContinuousClock.now.duration(to: nearest))
    }

    /// What `poll(2)` takes: whole milliseconds, rounded up so that a deadline has passed when it returns; from 0 to a day.
    static func milliseconds(_ duration: Duration) -> Int32 {
        guard duration > .zero else { return 0 }
        guard duration < .seconds(86_400) else { return 86_400_000 }
        let (seconds, attoseconds) = duration.components
        return Int32(seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }

    private func report(_ polled: ArraySlice<pollfd>, to watches: [SocketWatch]) {
        for (socket, watch) in zip(polled, watches) where !watch.isRemoved {
            // An error or a hang-up is reported as readable; the next read then shows what is wrong.
            let isReadable = Int32(socket.revents) & ~POLLOUT != 0
            let isWritable = Int32(socket.revents) & POLLOUT != 0
            if isReadable || isWritable {
                watch.handler(isReadable ? .readable : .writable)
            } else if watch.takesDeadline() {
                watch.handler(.deadlinePassed)
            }
        }
    }
}

/// One socket that a ``SocketLoop`` waits for.
final class SocketWatch: Sendable {
    /// What the loop saw.
    enum Event {
        /// There is something to read, or the socket has failed, which a read will show. Perhaps writable too.
        case readable
        /// There is room to write.
        case writable
        /// The deadline has passed. It is `nil` again: a deadline strikes once.
        case deadlinePassed
    }

    /// What is waited for.
    struct State {
        /// The socket's number.
        var descriptor: Int32
        /// Whether room to write is of interest too. Reading always is.
        var wantsWrite = false
        /// When to call the handler though nothing has happened at the socket.
        var deadline: ContinuousClock.Instant?
        /// Set by the loop when it stops waiting for this socket.
        var isRemoved = false
    }

    let state: Mutex<State>
    /// Called on the loop's thread.
    let handler: @Sendable (Event) -> Void

    init(descriptor: Int32, handler: @escaping @Sendable (Event) -> Void) {
        state = Mutex(State(descriptor: descriptor))
        self.handler = handler
    }

    var isRemoved: Bool { state.withLock { $0.isRemoved } }

    /// Whether the deadline has passed; then it is over.
    func takesDeadline() -> Bool {
        state.withLock { state in
            guard let deadline = state.deadline, deadline <= .now else { return false }
            state.deadline = nil
            return true
        }
    }
}

extension SocketLoop: TaskExecutor {
    /// Queues a job of a task that prefers the loop. From any thread.
    package func enqueue(_ job: consuming ExecutorJob) {
        jobs.append(.ofTask(UnownedJob(job)))
    }

    /// The loop as the executor that a task prefers.
    package func asUnownedTaskExecutor() -> UnownedTaskExecutor {
        UnownedTaskExecutor(ordinary: self)
    }

    /// The loop as the executor of an actor.
    package func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: actorExecutor)
    }
}

/// A loop as its actors see it: an object of its own, as one `enqueue` could not tell an actor's job from a task's.
final class SocketLoopActorExecutor: SerialExecutor {
    private let jobs: SocketLoopJobs

    init(_ jobs: SocketLoopJobs) {
        self.jobs = jobs
    }

    func enqueue(_ job: consuming ExecutorJob) {
        jobs.append(.ofActor(UnownedJob(job)))
    }

    /// Behind `assumeIsolated` of the loop's actors: stops the process unless the caller is on the loop's thread.
    func checkIsolated() {
        precondition(jobs.isOnTheirThread, "not on the thread of the SocketLoop")
    }

    func isIsolatingCurrentContext() -> Bool? {
        jobs.isOnTheirThread
    }
}
