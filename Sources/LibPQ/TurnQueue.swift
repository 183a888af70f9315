/// Who may use the connection next: one at a time, first come, first served.
///
/// While a transaction is open only its own commands get a turn.
struct TurnQueue {
    private struct Waiter {
        let id: UInt64
        let transaction: UInt64?
        let continuation: CheckedContinuation<Void, any Error>
    }

    private var waiters: [Waiter] = []
    private var isTaken = false
    /// The transaction that is open.
    var transaction: UInt64?

    /// Takes the turn if it is free now.
    mutating func take(for transaction: UInt64?) -> Bool {
        guard !isTaken, self.transaction == transaction else { return false }
        isTaken = true
        return true
    }

    /// Joins the queue; the continuation is resumed with the turn taken.
    mutating func join(_ id: UInt64, _ transaction: UInt64?, _ continuation: CheckedContinuation<Void, any Error>) {
        waiters.append(Waiter(id: id, transaction: transaction, continuation: continuation))
    }

    /// Leaves the queue without a turn, unless it has come already.
    mutating func leave(_ id: UInt64) {
        guard let index = waiters.firstIndex(where: { $0.id == id }) else { return }
        waiters.remove(at: index).continuation.resume(throwing: CancellationError())
    }

    /// Gives the turn to the next who may have it.
    mutating func pass() {
        isTaken = false
        if waiters.isEmpty { return }
        // What a transaction's body left behind, not waiting for it, comes too late.
        let isLate = { [transaction] (waiter: Waiter) in waiter.transaction != nil && waiter.transaction != transaction
        }
        for waiter in waiters where isLate(waiter) {
            waiter.continuation.resume(throwing: StatementError.transactionIsOver)
        }
        waiters.removeAll(where: isLate)
        guard let index = waiters.firstIndex(where: { $0.transaction == transaction }) else { return }
        isTaken = true
        waiters.remove(at: index).continuation.resume()
    }

    /// Sends everybody away.
    mutating func dissolve(_ reason: ConnectionError) {
        let dismissed = waiters
        waiters = []
        for waiter in dismissed {
            waiter.continuation.resume(throwing: reason)
        }
    }
}
