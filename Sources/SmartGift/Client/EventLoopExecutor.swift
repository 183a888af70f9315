import NIOCore

/// An event loop as a task executor: tasks that prefer it run on its thread.
package final class EventLoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) { self.loop = loop }

    /// Runs `body` on the loop once it has run what is queued now.
    package func afterTurn(_ body: @escaping @Sendable () -> Void) {
        loop.execute(body)
    }

    /// Runs a job on the loop, in its next turn.
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
