import Hummingbird
import NIOCore

/// What a route knows of a request beside the request: where it comes from.
struct StatusContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The peer's address without its port; of IPv6 the network alone, as one machine has all addresses of its network.
    let remoteAddress: String

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        remoteAddress = source.channel.remoteAddress.peer
    }
}

extension SocketAddress? {
    /// The address as a peer is counted by; empty where there is none.
    var peer: String {
        guard let address = self, let text = address.ipAddress else { return "" }
        guard case .v6 = address else { return text }
        // The address stands at byte 8 of a sockaddr_in6, behind family, port and flow.
        let bytes = address.withSockAddr { Array(UnsafeRawBufferPointer(start: $0, count: $1)[8..<24]) }
        // An IPv4 address in IPv6's clothes is a machine of its own.
        let isMapped = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xff && bytes[11] == 0xff
        if isMapped { return bytes.suffix(4).map(String.init).joined(separator: ".") }
        if text == "::1" { return text }
        return bytes.prefix(8).map { String($0, radix: 16) }.joined(separator: ":") + "::/64"
    }
}
