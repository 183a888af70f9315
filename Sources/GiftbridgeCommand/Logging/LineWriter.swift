import Dispatch
import Glibc
import Synchronization

/// Writes lines to a file descriptor from a thread of its own, so that a stalled reader does not block the program.
///
/// The buffer is bounded. Once it is full, lines are dropped and counted until the thread has taken its contents; then one line
/// says how many were dropped. A line is written whole or not at all. One write has up to `PIPE_BUF` bytes of whole lines, which a
/// pipe never splits, so that lines of several processes on one pipe do not mix.
final class LineWriter: Sendable {
    /// Of the process's standard error.
    static let standardError = LineWriter(descriptor: STDERR_FILENO)

    private struct State {
        var lines: [String] = []
        var size = 0
        var dropped = 0
        /// Flushes that wait until all lines before them are written.
        var flushes: [DispatchSemaphore] = []
        /// The thread waits for work.
        var isIdle = true
        /// The line that says how many were dropped.
        var notice: @Sendable (Int) -> String = { "\($0) log lines were dropped" }
    }

    private let state = Mutex(State())
    private let work = DispatchSemaphore(value: 0)
    private let descriptor: Int32
    private let limit: Int
    /// POSIX: a write of at most this many bytes to a pipe is never split.
    private static let chunk = Int(PIPE_BUF)

    /// Starts the thread. It ends with the process.
    ///
    /// - Parameters:
    ///   - descriptor: Where lines go; the caller keeps ownership. Blocking or not.
    ///   - limit: How many bytes may wait.
    init(descriptor: Int32, limit: Int = 1 << 20) {
        self.descriptor = descriptor
        self.limit = limit
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self)
        let failure = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<LineWriter>.fromOpaque(context).takeRetainedValue().run()
            }, context.toOpaque())
        if failure == 0 { pthread_detach(thread) } else { context.release() }
    }

    /// Sets the text of the line that says how many were dropped.
    func sayDrops(as notice: @escaping @Sendable (Int) -> String) {
        state.withLock { $0.notice = notice }
    }

    /// Adds a line; its end is added here. Never waits for the reader.
    func write(_ line: String) {
        let isIdle = state.withLock { state in
            defer { state.isIdle = false }
            let size = line.utf8.count + 1
            // After one dropped line, all are dropped until the notice is written, so that the order is kept.
            guard state.dropped == 0, state.size + size <= limit else {
                state.dropped += 1
                return state.isIdle
            }
            state.lines.append(line)
            state.size += size
            return state.isIdle
        }
        if isIdle { work.signal() }
    }

    /// Waits until every line so far is written, or for `bound`.
    ///
    /// - Returns: Whether they are.
    @discardableResult
    func flush(within bound: Duration) -> Bool {
        let done = DispatchSemaphore(value: 0)
        let isIdle = state.withLock { state in
            defer { state.isIdle = false }
            state.flushes.append(done)
            return state.isIdle
        }
        if isIdle { work.signal() }
        return done.wait(timeout: .now() + bound / .seconds(1)) == .success
    }

    // MARK: The thread

    private func run() -> Never {
        // A reader that is gone shows as an error of write(2); signals go to the other threads.
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, nil)
        while true {
            let taken = state.withLock { state -> State? in
                guard !state.lines.isEmpty || state.dropped > 0 || !state.flushes.isEmpty else {
                    state.isIdle = true
                    return nil
                }
                defer {
                    state.lines = []
                    state.size = 0
                    state.dropped = 0
                    state.flushes = []
                }
                return state
            }
            guard let taken else {
                work.wait()
                continue
            }
            put(taken.lines)
            if taken.dropped > 0 { put([taken.notice(taken.dropped)]) }
            for flush in taken.flushes { flush.signal() }
        }
    }

    /// Writes lines, as many at once as stay whole.
    private func put(_ lines: [String]) {
        var buffer: [UInt8] = []
        buffer.reserveCapacity(Self.chunk)
        for line in lines {
            if !buffer.isEmpty, buffer.count + line.utf8.count + 1 > Self.chunk {
                put(buffer)
                buffer.removeAll(keepingCapacity: true)
            }
            buffer.append(contentsOf: line.utf8)
            buffer.append(UInt8(ascii: "\n"))
        }
        put(buffer)
    }

    /// Writes bytes to their end, however many writes that takes. If there is no reader, they are lost.
    private func put(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                var writable = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&writable, 1, -1)
            } else if errno != EINTR {
                return
            }
        }
    }
}
