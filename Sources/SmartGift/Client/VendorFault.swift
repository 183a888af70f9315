import Glibc
import NIOCore
import NIOPosix
import NIOSSL

/// What an error of sockets, DNS or TLS means, in one sentence without data.
enum VendorFault {
    /// What an error means that kept a connection from coming about.
    static func notSent(for error: any Error) -> VendorAnswer.NotSent {
        if let number = errorNumber(of: error), let reason = localReason(number) { return .local(reason) }
        if let error = error as? NIOConnectionError, error.connectionErrors.isEmpty {
            // The resolver does not say why it failed. It needs descriptors, and gets none if no socket can be opened.
            if let reason = localReason(reasonForNoSocket()) { return .local(reason) }
            let cause = (error.dnsAError ?? error.dnsAAAAError) as? SocketAddressError.UnknownHost
            return .unreachable(
                "The vendor's name cannot be resolved\(cause.map { ": \($0.errorDescription)" } ?? "").")
        }
        return .unreachable(sentence(for: error))
    }

    static func sentence(for error: any Error) -> String {
        if let number = errorNumber(of: error) {
            return "The connection to the vendor failed: \(String(cString: strerror(number)))."
        }
        switch error {
        case ChannelError.connectTimeout: return "Could not connect to the vendor in time."
        case let error as NIOConnectionError:
            let causes = Set(error.connectionErrors.map { sentence(for: $0.error) })
            return causes.sorted().first ?? "No connection to the vendor came about."
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError:
            return "The connection to the vendor cannot be secured: \(String(describing: error).prefix(200))."
        default: return "The connection to the vendor failed: \(String(describing: error).prefix(200))."
        }
    }

    /// Why this machine, and not the vendor, is at fault; nil: it is not.
    static func localReason(_ number: CInt) -> String? {
        switch number {
        case EMFILE: "This process has no free file descriptor for a connection: raise its limit (ulimit -n)."
        case ENFILE: "This machine has no free file descriptor for a connection."
        case ENOMEM, ENOBUFS: "This machine has no memory for a connection."
        case EADDRNOTAVAIL: "This machine has no free port or no address for a connection."
        default: nil
        }
    }

    private static func errorNumber(of error: any Error) -> CInt? {
        switch error {
        case let error as IOError: error.errnoCode
        case let error as NIOConnectionError:
            // A fault of this machine says more than what became of another address of the vendor's.
            error.connectionErrors.lazy.compactMap { errorNumber(of: $0.error) }.first { localReason($0) != nil }
        default: nil
        }
    }

    /// The error of opening a socket now; zero: one can be opened.
    private static func reasonForNoSocket() -> CInt {
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        guard descriptor >= 0 else { return errno }
        close(descriptor)
        return 0
    }
}
