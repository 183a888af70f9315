import NIOCore
import NIOHTTP1

/// One request and what comes of it. Made anywhere, used only on the client's event loop.
final class VendorExchange: @unchecked Sendable {
    /// The answer and how long it took from the request's turn on; nil: its turn did not come.
    typealias Result = (answer: VendorAnswer, took: Duration)?
    typealias Continuation = CheckedContinuation<Result, Never>

    private enum State {
        case new
        /// For its turn.
        case waiting(Continuation)
        case running(Continuation, since: ContinuousClock.Instant, until: ContinuousClock.Instant)
        case over
    }

    let endpoint: VendorEndpoint
    let body: ByteBuffer
    /// It begins before this, or never. By the clock that goes on while the machine sleeps, as the lease does.
    let turnBy: ContinuousClock.Instant
    private var state = State.new
    private var deadline: Scheduled<Void>?
    /// Where it has its slot.
    private var slots: RequestSlots?
    /// The connection that has it, from the request's first byte on.
    private weak var connection: VendorConnection?
    /// Bytes of the request may have left this process.
    private var mayHaveBeenSent = false

    init(_ body: [UInt8], to endpoint: VendorEndpoint, turnBy: ContinuousClock.Instant) {
        self.endpoint = endpoint
        self.body = ByteBuffer(bytes: body)
        self.turnBy = turnBy
    }

    var isOver: Bool {
        if case .over = state { true } else { false }
    }

    /// Somebody waits from here on, until the answer or the deadline.
    func wait(_ continuation: Continuation) {
        guard case .new = state else { return continuation.resume(returning: nil) }  // Cancelled before it began.
        state = .waiting(continuation)
    }

    /// Ends it if its turn, or its first byte, would be too late now. After a pause of the machine a slot or a connection may
    /// be there before the timer is seen, and by then the order may be somebody else's.
    func giveUpIfLate() {
        switch state {
        case .waiting where turnBy <= .now: cancel()
        case .running(_, _, let end) where end <= .now: timeOut()
        default: break
        }
    }

    /// It has its turn, and `timeout` from now on.
    func begin(in slots: RequestSlots, on loop: any EventLoop, timeout: Duration) {
        guard case .waiting(let continuation) = state else { return }
        let now = ContinuousClock.now
        state = .running(continuation, since: now, until: now + timeout)
        self.slots = slots
        deadline = loop.scheduleTask(in: .nanoseconds(timeout.nanoseconds)) { [weak self] in self?.timeOut() }
    }

    private func timeOut() {
        fail(mayHaveBeenSent ? "The vendor did not answer in time." : "No connection to the vendor came about in time.")
    }

    /// The request is about to be written: from here on it may have been sent.
    func willBeSent(on connection: VendorConnection) {
        self.connection = connection
        mayHaveBeenSent = true
    }

    func cancel() { fail("The request was given up because the bridge is stopping.") }

    /// No whole answer came.
    ///
    /// - Parameter reason: One sentence without data, for a person.
    func fail(_ reason: String) {
        end(.noResponse(mayHaveBeenSent: mayHaveBeenSent, reason: reason))
        // What comes on it now is nobody's answer.
        connection?.close()
    }

    /// The whole answer came.
    func succeed(_ response: VendorResponse) { end(.response(response)) }

    private func end(_ answer: VendorAnswer) {
        let former = state
        state = .over
        switch former {
        case .new, .over: break
        case .waiting(let continuation): continuation.resume(returning: nil)
        case .running(let continuation, let start, _):
            deadline?.cancel()
            deadline = nil
            continuation.resume(returning: (answer, start.duration(to: .now)))
            slots?.leave()
            slots = nil
        }
    }
}
