#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A TCP port of this machine to which no connection comes about: refused, or, with its queue full, left without an answer.
final class SilentPort: Sendable {
    struct Failure: Error {}

    let port: Int
    private let descriptors: [Int32]

    var url: String { "http://127.0.0.1:\(port)" }

    /// - Parameter isBlackHole: The kernel drops what asks for a connection; else it refuses.
    init(isBlackHole: Bool) throws {
        let listener = Self.stream()
        var address = Self.loopback(port: 0)
        guard Self.with(&address, { bind(listener, $0, $1) }) == 0, !isBlackHole || listen(listener, 0) == 0 else {
            throw Failure()
        }
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = Self.with(&address) { pointer, _ in getsockname(listener, pointer, &length) }
        port = Int(UInt16(bigEndian: address.sin_port))
        var descriptors = [listener]
        // Nothing accepts them: these fill the queue.
        for _ in 0..<(isBlackHole ? 8 : 0) {
            let filler = Self.stream()
            _ = fcntl(filler, F_SETFL, O_NONBLOCK)
            _ = Self.with(&address) { connect(filler, $0, $1) }
            descriptors.append(filler)
        }
        self.descriptors = descriptors
    }

    deinit {
        for descriptor in descriptors { close(descriptor) }
    }

    private static func stream() -> Int32 {
        #if canImport(Glibc)
        socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
        socket(AF_INET, SOCK_STREAM, 0)
        #endif
    }

    private static func loopback(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }

    private static func with(
        _ address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }
}
