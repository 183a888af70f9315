#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The datagram socket on which systemd receives messages from its services.
///
/// Follows [`sd_notify(3)`](https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html): a path, or a name in the
/// abstract namespace, which begins with `@`. Linking libsystemd for one `sendto` would be too much.
struct NotifySocket: Sendable {
    private let address: [UInt8]

    /// - Parameter name: The value of `$NOTIFY_SOCKET`; nil is returned for a value that is not a socket's name.
    init?(_ name: String) {
        let isAbstract = name.hasPrefix("@")
        var bytes = Array(name.utf8)
        guard bytes.count > 1, isAbstract || name.hasPrefix("/"), !bytes.contains(0) else { return nil }
        if isAbstract { bytes[0] = 0 }
        guard bytes.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path) else { return nil }
        address = bytes
    }

    /// Sends assignments such as `READY=1`, a line each. Never waits.
    ///
    /// - Returns: Nil, or why it was not sent.
    func send(_ assignments: [String]) -> String? {
        let socket = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard socket >= 0 else { return String(cString: strerror(errno)) }
        defer { close(socket) }
        var target = sockaddr_un()
        target.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &target.sun_path) { $0.copyBytes(from: address) }
        // In the abstract namespace the length is part of the name; a NUL behind a path would do no harm.
        let size = MemoryLayout<sa_family_t>.size + address.count
        let message = Array(assignments.joined(separator: "\n").utf8)
        let sent = withUnsafePointer(to: &target) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(socket, message, message.count, Int32(MSG_NOSIGNAL), $0, socklen_t(size))
            }
        }
        return sent == message.count ? nil : String(cString: strerror(errno))
    }
}
