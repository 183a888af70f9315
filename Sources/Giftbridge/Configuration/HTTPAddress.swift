/// Where the worker serves its status: host and port.
package struct HTTPAddress: Sendable, Equatable, CustomStringConvertible {
    /// An IP address or a name; an IPv6 address without its brackets.
    package let host: String
    /// 0 to 65535; 0: any free port.
    package let port: Int

    /// Reachable from this machine only, so that nothing is open to a network unless it is configured.
    package static let standard = "127.0.0.1:8780"

    /// Reads `127.0.0.1:8780`, `[::1]:8780` or `name:8780`.
    ///
    /// - Parameters:
    ///   - text: Host, colon, port. Nothing is looked up.
    ///   - variable: Where it comes from, for the error.
    package init(parsing text: String, variable: String) throws(ConfigurationError) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw ConfigurationError(variable, Self.problem)
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard host.contains(":") else { throw ConfigurationError(variable, Self.problem) }
        } else if host.contains(":") {
            throw ConfigurationError(variable, Self.problem)
        }
        guard !host.isEmpty, host.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "/") }) else {
            throw ConfigurationError(variable, Self.problem)
        }
        self.host = String(host)
        self.port = Int(port)
    }

    private static let problem = "must be host:port, such as \(standard) or [::1]:8780, or empty to turn it off"

    /// Whether only this machine can reach it.
    package var isLoopback: Bool { Loopback.contains(host) }

    /// As in a URL: `127.0.0.1:8780`, `[::1]:8780`.
    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// The token for actions on the status page. `description` reveals nothing.
package struct HTTPToken: Sendable, CustomStringConvertible {
    private let bytes: [UInt8]

    /// `GIFTBRIDGE_HTTP_TOKEN`, also as `…_FILE` and in `$CREDENTIALS_DIRECTORY`, like a key.
    static let variable = "GIFTBRIDGE_HTTP_TOKEN"

    /// - Parameter text: At least 16 characters, because everyone who has the token can act on orders.
    init(_ text: String) throws(ConfigurationError) {
        guard text.utf8.count >= 16 else {
            throw ConfigurationError(
                Self.variable, "must have at least 16 characters, for example from: openssl rand -hex 16")
        }
        bytes = Array(text.utf8)
    }

    /// A constant text without the token.
    package var description: String { "HTTPToken" }

    /// Whether a text is this token. The time that it takes reveals nothing of the token.
    package func matches(_ text: String) -> Bool { Self.isEqual(Array(text.utf8), bytes) }

    /// Compares in a time that depends only on the length of `given`.
    package static func isEqual(_ given: [UInt8], _ secret: [UInt8]) -> Bool {
        guard !secret.isEmpty else { return false }
        var difference: UInt8 = given.count == secret.count ? 0 : 1
        for (index, byte) in given.enumerated() { difference |= byte ^ secret[index % secret.count] }
        return difference == 0
    }
}
