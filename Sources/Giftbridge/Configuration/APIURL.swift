import FoundationEssentials

/// The vendor's base URL: https, or http to this machine only, because requests carry the key.
struct APIURL: Sendable, Equatable {
    /// Without a slash at the end.
    let text: String
    /// In lower case, without port.
    let host: String

    /// Checks a base URL.
    ///
    /// - Parameters:
    ///   - text: For example `https://api.smart-gift.co.uk`; it may have a path, but no query, fragment or user.
    ///   - variable: Where it comes from, for the error.
    init(parsing text: String, variable: String) throws(ConfigurationError) {
        guard let url = URL(string: text), let scheme = url.scheme?.lowercased(), let host = url.host(), !host.isEmpty,
            scheme == "http" || scheme == "https",
            (1...65535).contains(url.port ?? 443),
            text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F })  // Foundation would encode them instead.
        else {
            throw ConfigurationError(variable, "must be a URL such as https://api.smart-gift.co.uk")
        }
        guard url.query() == nil, url.fragment() == nil, url.user() == nil else {
            throw ConfigurationError(variable, "must be a base URL without user, query and fragment")
        }
        guard scheme == "https" || Loopback.contains(host) else {
            throw ConfigurationError(
                variable, "must begin with https://, because plain http would expose the API key to the network")
        }
        self.host = host.lowercased()
        self.text = String(text.reversed().drop(while: { $0 == "/" }).reversed())
    }
}

/// Hosts that can only be this machine.
package enum Loopback {
    /// Whether a host's name or address, in brackets or not, can only be this machine: `localhost`, `127.x.y.z` or `::1`.
    package static func contains(_ host: String) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return host == "localhost" || host == "::1" || host == "[::1]"
            || (parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil })
    }
}
