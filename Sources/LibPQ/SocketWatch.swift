/// One socket that a ``SocketLoop`` waits for. Used only on that loop's thread.
final class SocketWatch: @unchecked Sendable {
    /// What the loop saw.
    enum Event {
        /// There is something to read, or the socket has failed, which a read will show. Perhaps writable too.
        case readable
        /// There is room to write.
        case writable
        /// ``SocketWatch/deadline`` has passed. It is `nil` again: a deadline strikes once.
        case deadlinePassed
    }

    /// The socket's number.
    var descriptor: Int32
    /// Whether room to write is of interest too. Reading always is.
    var wantsWrite = false
    /// When to call the handler though nothing has happened at the socket.
    var deadline: ContinuousClock.Instant?
    /// Set by the loop when it stops waiting for this socket.
    var isRemoved = false
    /// Called on the loop's thread.
    let handler: (Event) -> Void

    init(descriptor: Int32, handler: @escaping (Event) -> Void) {
        self.descriptor = descriptor
        self.handler = handler
    }
}

/// The conversion to what `poll(2)` takes.
enum PollTimeout {
    /// Whole milliseconds, rounded up so that a deadline has passed when `poll` returns; from 0 to a day.
    static func milliseconds(_ duration: Duration) -> Int32 {
        guard duration > .zero else { return 0 }
        guard duration < .seconds(86_400) else { return 86_400_000 }
        let (seconds, attoseconds) = duration.components
        return Int32(seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
