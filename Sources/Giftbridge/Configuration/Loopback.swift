/// Hosts that can only be this machine.
package enum Loopback {
    /// Whether a host's name or address, in brackets or not, can only be this machine: `localhost`, `127.x.y.z` or `::1`.
    package static func contains(_ host: String) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return host == "localhost" || host == "::1" || host == "[::1]"
            || (parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil })
    }
}
