import Glibc

/// One connection of the peer: what was read and not answered yet.
final class PeerConnection {
    let descriptor: Int32
    /// A request waits for its answer; what comes behind it waits too.
    var isAnswering = false
    /// The answer, while it waits.
    var answer: [UInt8] = []
    private var buffer: UnsafeMutableRawBufferPointer
    private var used = 0

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        buffer = .allocate(byteCount: 16 * 1024, alignment: 16)
        answer.reserveCapacity(512)
    }

    deinit {
        buffer.deallocate()
        Glibc.close(descriptor)
    }

    /// What was read so far.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: buffer[..<used]) }

    /// Reads what is there.
    ///
    /// - Returns: False at the connection's end.
    func read() -> Bool {
        if used == buffer.count {
            let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: buffer.count * 2, alignment: 16)
            larger.copyMemory(from: bytes)
            buffer.deallocate()
            buffer = larger
        }
        let count = recv(descriptor, buffer.baseAddress.map { $0 + used }, buffer.count - used, 0)
        if count < 0 { return errno == EAGAIN || errno == EINTR }
        used += max(count, 0)
        return count > 0
    }

    /// Forgets a request at the buffer's start.
    func drop(_ count: Int) {
        if count < used, let base = buffer.baseAddress { memmove(base, base + count, used - count) }
        used -= count
    }

    /// Sends the answer.
    ///
    /// - Returns: False if it could not be sent as a whole: an answer is a few hundred bytes on an idle connection.
    func send() -> Bool {
        answer.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            == answer.count
    }
}
