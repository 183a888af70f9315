#if DEBUG
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
#endif

/// The steps of the protocol between which a process can die (docs: "Crash points"). Tests kill it at each.
///
/// In debug builds alone, environment variable `GIFTBRIDGE_TEST_CRASH=POINT:N` kills the process with SIGKILL when it
/// reaches the point for the Nth time. In release builds this is nothing.
enum CrashPoint: String, CaseIterable {
    /// Before the claim is sent to the database.
    case claiming
    /// The claim is committed; no byte of a request has left.
    case claimed
    /// One request is about to leave.
    case sending
    /// One answer is there; nothing has been done with it.
    case answered
    /// Results are about to be written back.
    case settling
    /// They are committed; nothing else has been done.
    case settled

    @inline(__always)
    func reached() {
        #if DEBUG
        Self.trap?.reached(self)
        #endif
    }

    #if DEBUG
    private static let trap: Trap? = {
        guard let value = getenv("GIFTBRIDGE_TEST_CRASH").map({ String(cString: $0) }) else { return nil }
        let parts = value.split(separator: ":")
        guard parts.count == 2, let point = CrashPoint(rawValue: String(parts[0])), let count = Int(parts[1]) else {
            return nil
        }
        return Trap(point: point, count: count)
    }()

    private final class Trap: Sendable {
        private let point: CrashPoint
        private let left: Mutex<Int>

        init(point: CrashPoint, count: Int) {
            self.point = point
            left = Mutex(count)
        }

        func reached(_ point: CrashPoint) {
            guard point == self.point else { return }
            let isLast = left.withLock { left in
                left -= 1
                return left == 0
            }
            if isLast { kill(getpid(), SIGKILL) }
        }
    }
    #endif
}
