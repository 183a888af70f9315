import Foundation
import Synchronization
import TestSupport

/// A datagram socket as systemd has one, and every message that came.
final class ListeningDatagrams: Sendable {
    /// What `$NOTIFY_SOCKET` is to say.
    let name: String
    private let descriptor: Int32
    private let messages = Mutex([String]())

    /// - Parameter isAbstract: In Linux's abstract namespace, or a file.
    init(isAbstract: Bool) throws {
        let file = "giftbridge-\(UUID().uuidString.prefix(8)).socket"
        name = isAbstract ? "@\(file)" : "/tmp/\(file)"
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(name.utf8)
        if isAbstract { bytes[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let size = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
        }
        guard bound == 0 else { throw TimedOut(what: "bind: \(String(cString: strerror(errno)))") }
    }

    func close() {
        Glibc.close(descriptor)
        if name.hasPrefix("/") { unlink(name) }
    }

    /// Everything that came so far.
    var all: [String] {
        messages.withLock { messages in
            var buffer = [UInt8](repeating: 0, count: 65536)
            while case let count = recv(descriptor, &buffer, buffer.count, 0), count > 0 {
                messages.append(String(decoding: buffer[..<count], as: UTF8.self))
            }
            return messages
        }
    }

    /// Waits for a message.
    @discardableResult
    func message(within bound: Duration = .seconds(30), _ isRight: (String) -> Bool) async throws -> String {
        let deadline = ContinuousClock.now + bound
        while ContinuousClock.now < deadline {
            if let message = all.first(where: isRight) { return message }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw TimedOut(what: "a message to systemd; there are \(all)")
    }
}
