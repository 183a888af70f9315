import Hummingbird
import NIOCore

/// What a route knows about a request besides the request itself: where it comes from.
struct StatusContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The peer's address without its port; for IPv6 only the network, because one machine can use all addresses of its network.
    let remoteAddress: String

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        remoteAddress = source.channel.remoteAddress.peer
    }
}

extension SocketAddress? {
    /// The address by which a peer is counted; empty if there is none.
    var peer: String {
        guard let address = self, let text = address.ipAddress else { return "" }
        guard case .v6 = address else { return text }
        // The address begins at byte 8 of a sockaddr_in6, after family, port and flow.
        let bytes = address.withSockAddr { Array(UnsafeRawBufferPointer(start: $0, count: $1)[8..<24]) }
        // An IPv4-mapped IPv6 address is a single machine.
        let isMapped = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xff && bytes[11] == 0xff
        if isMapped { return bytes.suffix(4).map(String.init).joined(separator: ".") }
        if text == "::1" { return text }
        return bytes.prefix(8).map { String($0, radix: 16) }.joined(separator: ":") + "::/64"
    }
}
