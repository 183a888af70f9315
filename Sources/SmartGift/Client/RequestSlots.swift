import NIOCore

/// How many requests are on the way, and those that wait for their turn: first come, first served. Used only on the client's
/// event loop.
final class RequestSlots {
    private let limit: Int
    private let loop: NIOIsolatedEventLoop
    /// Begins a request, whose turn it is.
    private let begin: (VendorExchange) -> Void
    private var taken = 0
    private var waiting = CircularBuffer<VendorExchange>()
    private var isFilling = false
    private var sweep: Scheduled<Void>?

    init(_ limit: Int, on loop: any EventLoop, begin: @escaping (VendorExchange) -> Void) {
        self.limit = limit
        self.loop = loop.assumeIsolated()
        self.begin = begin
    }

    /// Lets a request begin, now or when its turn comes.
    func enter(_ exchange: VendorExchange) {
        waiting.append(exchange)
        fill()
        sweepLater()
    }

    /// A request that had its turn is over.
    func leave() {
        taken -= 1
        fill()
    }

    /// The turn of those that wait for an endpoint does not come.
    func turnAway(_ endpoint: VendorEndpoint) {
        waiting.removeAll { exchange in
            guard exchange.endpoint == endpoint else { return false }
            exchange.cancel()
            return true
        }
    }

    /// Nobody's turn comes any more.
    func shutDown() {
        sweep?.cancel()
        while let exchange = waiting.popFirst() { exchange.cancel() }
    }

    private func fill() {
        // A request can be over before it has left `begin`.
        guard !isFilling else { return }
        isFilling = true
        defer { isFilling = false }
        while taken < limit, let exchange = waiting.popFirst() {
            guard isWanted(exchange) else { continue }
            taken += 1
            begin(exchange)
        }
    }

    /// Those whose patience is over are told, though no slot is free.
    private func sweepLater() {
        guard sweep == nil, let first = waiting.first else { return }
        let patience = ContinuousClock.now.duration(to: first.turnBy)
        sweep = loop.scheduleTask(in: .nanoseconds(patience.nanoseconds)) {
            self.sweep = nil
            while let first = self.waiting.first, !self.isWanted(first) {
                self.waiting.removeFirst()
            }
            self.sweepLater()
        }
    }

    private func isWanted(_ exchange: VendorExchange) -> Bool {
        exchange.giveUpIfLate()
        return !exchange.isOver
    }
}
