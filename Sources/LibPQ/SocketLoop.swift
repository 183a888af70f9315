import CLibPQ

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
/// It follows `poll(2)` with a pipe that wakes it up: with a handful of sockets that costs no more than epoll and is
/// portable. While nothing happens the thread sleeps. Never block a loop: every connection on it would wait.
///
/// A loop lives as long as the process, so make few: ``shared`` is enough for most.
public final class SocketLoop: @unchecked Sendable {  // `watches` and `batch` are used only on the loop's thread.
    /// The loop that connections use unless they are given another.
    public static let shared = SocketLoop(name: "libpq")

    let jobs = SocketLoopJobs()
    let actorExecutor: SocketLoopActorExecutor
    private var watches: [SocketWatch] = []
    private var batch: [SocketLoopJobs.Job] = []

    /// Starts a loop with a thread of its own. Stops the process when the system has no thread or descriptor left,
    /// as nothing could work without.
    ///
    /// - Parameter name: the thread's name in debuggers, up to 15 characters.
    public init(name: String) {
        actorExecutor = SocketLoopActorExecutor(jobs)
        guard DetachedThread.start(name: name, { self.run() }) else {
            fatalError("SocketLoop: the system has no thread left")
        }
    }

    /// Starts to wait for `watch`'s socket and deadline. Only on the loop's thread.
    func add(_ watch: SocketWatch) {
        precondition(jobs.isOnTheirThread)
        watches.append(watch)
    }

    /// Stops waiting for `watch`: its handler is not called again. Before its descriptor is closed, because the
    /// number could be reused a moment later. Only on the loop's thread.
    func remove(_ watch: SocketWatch) {
        precondition(jobs.isOnTheirThread)
        watches.removeAll { $0 === watch }
        watch.isRemoved = true
    }

    private func run() {
        jobs.becomeTheirThread()
        var polled: [pollfd] = []
        while true {
            runJobs()
            let current = watches
            polled.removeAll(keepingCapacity: true)
            polled.append(pollfd(fd: jobs.wakeUpDescriptor, events: Int16(POLLIN), revents: 0))
            for watch in current {
                let events = watch.wantsWrite ? POLLIN | POLLOUT : POLLIN
                polled.append(pollfd(fd: watch.descriptor, events: Int16(events), revents: 0))
            }
            // A failure (EINTR) leaves every `revents` at 0 and is simply another round.
            _ = poll(&polled, nfds_t(polled.count), timeout(over: current))
            jobs.wakeUp(isSignalled: polled[0].revents != 0)
            report(polled[1...], to: current)
            for body in jobs.takeDue() { body() }
        }
    }

    /// Runs the queued jobs, and those that they enqueue in turn, as processing one order usually does. After some rounds the
    /// sockets get their turn.
    private func runJobs() {
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
    private func timeout(over watches: [SocketWatch]) -> Int32 {
        let (isAsleep, alarm) = jobs.fallAsleep()
        guard isAsleep else { return 0 }
        let deadlines = watches.lazy.compactMap(\.deadline).min()
        guard let nearest = [deadlines, alarm].lazy.compactMap({ $0 }).min() else { return -1 }
        return PollTimeout.milliseconds(ContinuousClock.now.duration(to: nearest))
    }

    private func report(_ polled: ArraySlice<pollfd>, to watches: [SocketWatch]) {
        for (socket, watch) in zip(polled, watches) where !watch.isRemoved {
            // An error or a hang-up is reported as readable; the next read then shows what is wrong.
            let isReadable = Int32(socket.revents) & ~POLLOUT != 0
            let isWritable = Int32(socket.revents) & POLLOUT != 0
            if isReadable || isWritable {
                watch.handler(isReadable ? .readable : .writable)
            } else if let deadline = watch.deadline, deadline <= .now {
                watch.deadline = nil
                watch.handler(.deadlinePassed)
            }
        }
    }
}
