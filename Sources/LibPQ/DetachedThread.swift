import CLibPQ

/// A plain thread for what blocks: no cooperative thread may.
enum DetachedThread {
    /// Runs `body` on a new thread with SIGPIPE blocked. It ends when `body` returns, and is not joined.
    ///
    /// - Returns: whether the system had a thread left (`pthread_create`).
    static func start(name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
        let context = Unmanaged.passRetained(Body(body))
        let failure = shim_start_thread(
            name,
            { Unmanaged<Body>.fromOpaque($0).takeRetainedValue().run() },
            context.toOpaque()
        )
        if failure != 0 {
            context.release()
        }
        return failure == 0
    }

    private final class Body {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) {
            self.run = run
        }
    }
}
