extension SocketLoop: TaskExecutor {
    /// Queues a job of a task that prefers the loop. From any thread.
    public func enqueue(_ job: consuming ExecutorJob) {
        jobs.append(.ofTask(UnownedJob(job)))
    }

    /// The loop as the executor that a task prefers.
    public func asUnownedTaskExecutor() -> UnownedTaskExecutor {
        UnownedTaskExecutor(ordinary: self)
    }

    /// The loop as the executor of an actor.
    public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
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
