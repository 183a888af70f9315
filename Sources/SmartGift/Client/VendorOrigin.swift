/// What a connection leads to: scheme, host and port.
struct VendorOrigin: Hashable {
    let isSecure: Bool
    /// A name or an address; an IPv6 address without brackets.
    let host: String
    let port: Int

    /// Whether `host` is an address and not a name: TLS has no SNI for one.
    var isAddress: Bool {
        host.contains(":") || host.utf8.allSatisfy { $0 == UInt8(ascii: ".") || (0x30...0x39).contains($0) }
    }
}
