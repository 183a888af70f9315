import Synchronization

/// Settlements on their way from the requests to the worker's loop, which takes all that have gathered at once.
final class Outbox: Sendable {
    private let settlements = Mutex<[Settlement]>([])

    /// Adds one; from any thread.
    func put(_ settlement: Settlement) {
        settlements.withLock { $0.append(settlement) }
    }

    /// Empties it.
    func takeAll() -> [Settlement] {
        settlements.withLock { settlements in
            defer { settlements = [] }
            return settlements
        }
    }
}
