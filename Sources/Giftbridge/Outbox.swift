import Synchronization

/// Settlements on their way from the requests to the worker's loop, which takes all that have gathered at once.
final class Outbox: Sendable {
    private let settlements = Mutex<[Settlement]>([])

    /// Adds one; from any thread.
    ///
    /// - Returns: Whether it is the first since it was emptied: somebody has to be told.
    func put(_ settlement: Settlement) -> Bool {
        settlements.withLock { settlements in
            settlements.append(settlement)
            return settlements.count == 1
        }
    }

    /// Whether none has come since it was emptied.
    var isEmpty: Bool { settlements.withLock { $0.isEmpty } }

    /// Empties it.
    func takeAll() -> [Settlement] {
        settlements.withLock { settlements in
            defer { settlements = [] }
            return settlements
        }
    }
}
