import NIOCore
import NIOHTTP1

/// One request and what comes of it. Made anywhere, used only on the client's event loop.
final class VendorExchange: @unchecked Sendable {
    private enum State {
        case new
        case running(CheckedContinuation<VendorAnswer, Never>)
        case over
    }

    let endpoint: VendorEndpoint
    let body: ByteBuffer
    private var state = State.new
    private var deadline: Scheduled<Void>?
    /// The connection that has it, from the request's first byte on.
    private weak var connection: VendorConnection?
    /// Bytes of the request may have left this process.
    private var mayHaveBeenSent = false

    init(_ body: [UInt8], to endpoint: VendorEndpoint) {
        self.endpoint = endpoint
        self.body = ByteBuffer(bytes: body)
    }

    var isOver: Bool {
        if case .over = state { true } else { false }
    }

    /// Somebody waits from here on, until the answer or the deadline.
    func begin(_ continuation: CheckedContinuation<VendorAnswer, Never>, on loop: any EventLoop, timeout: Duration) {
        guard case .new = state else {
            // Cancelled before it began.
            continuation.resume(returning: .noResponse(mayHaveBeenSent: false, reason: Self.stopping))
            return
        }
        state = .running(continuation)
        deadline = loop.scheduleTask(in: .nanoseconds(timeout.nanoseconds)) { [weak self] in
            guard let self else { return }
            fail(
                mayHaveBeenSent
                    ? "The vendor did not answer in time." : "No connection to the vendor came about in time.")
        }
    }

    /// The request is about to be written: from here on it may have been sent.
    func willBeSent(on connection: VendorConnection) {
        self.connection = connection
        mayHaveBeenSent = true
    }

    func cancel() { fail(Self.stopping) }

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
        deadline?.cancel()
        deadline = nil
        if case .running(let continuation) = former { continuation.resume(returning: answer) }
    }

    static let stopping = "The request was given up because the bridge is stopping."
}
