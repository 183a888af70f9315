import Glibc
import Synchronization

/// The steps of the protocol between which a process can die (docs/guarantees.md). Tests kill it at each.
///
/// Environment variable `GIFTBRIDGE_TEST_CRASH=POINT:N` kills the process with SIGKILL when it reaches the point for the Nth
/// time, in release builds too: what ships is what is tested. It is read once; without it a point costs one comparison.
package enum CrashPoint: String, CaseIterable {
    /// Before the claim is sent to the database.
    case claiming
    /// The claim is committed; no byte of a request was sent.
    case claimed
    /// One request is about to be sent.
    case sending
    /// One answer has arrived; it has not been processed.
    case answered
    /// Results are about to be written back.
    case settling
    /// The results are committed; nothing else has been done.
    case settled

    @inline(__always)
    func reached() {
        Self.trap?.reached(self)
    }

    /// The warning about the variable at the start; nil: it is not set.
    package static var warning: String? {
        guard let value else { return nil }
        guard let trap else {
            return "\(variable) is ignored: it must be POINT:N, where POINT is one of "
                + "\(allCases.map(\.rawValue).joined(separator: ", ")) and N is 1 or more."
        }
        return "\(variable)=\(value) is for tests: this process kills itself when it reaches \(trap.plan.point)."
    }

    private static let variable = "GIFTBRIDGE_TEST_CRASH"
    private static let value = getenv(variable).map { String(cString: $0) }
    private static let trap = value.flatMap(Plan.init).map(Trap.init)

    /// Where to die.
    package struct Plan: Equatable, Sendable {
        package let point: CrashPoint
        /// At which time that it is reached, from 1.
        package let count: Int

        /// - Parameter text: `POINT:N`; nil is returned for anything else.
        package init?(_ text: String) {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, let point = CrashPoint(rawValue: String(parts[0])), let count = Int(parts[1]),
                count > 0
            else { return nil }
            self.point = point
            self.count = count
        }
    }

    private final class Trap: Sendable {
        let plan: Plan
        private let left: Mutex<Int>

        init(_ plan: Plan) {
            self.plan = plan
            left = Mutex(plan.count)
        }

        func reached(_ point: CrashPoint) {
            guard point == plan.point else { return }
            let isLast = left.withLock { left in
                left -= 1
                return left == 0
            }
            if isLast { kill(getpid(), SIGKILL) }
        }
    }
}
