import CLibPQ

/// A value behind a lock (`pthread_mutex_t`).
///
/// `Synchronization.Mutex` would do, but on Linux it is a bare futex, which the Thread Sanitizer does not know: its
/// reports would be all about this module's locks, and a real race lost among them.
final class Lock<Value>: @unchecked Sendable {  // `value` is used only while the mutex is held.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private var value: Value

    init(_ value: sending Value) {
        self.value = value
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        let failure = pthread_mutex_init(mutex, nil)
        precondition(failure == 0)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deinitialize(count: 1)
        mutex.deallocate()
    }

    /// Calls `body` with the value while no other thread can. It must be short and must not use the lock again.
    func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&value)
    }
}
