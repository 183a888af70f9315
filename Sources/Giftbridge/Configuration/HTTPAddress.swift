/// Where the worker serves its status: host and port.
public struct HTTPAddress: Sendable, Equatable, CustomStringConvertible {
    /// An IP address or a name; an IPv6 address without its brackets.
    public let host: String
    /// 0 to 65535; 0: any free port.
    public let port: Int

    /// Reachable from this machine only, so that nothing is open to a network unless it is configured.
    public static let standard = "127.0.0.1:8780"

    /// Reads `127.0.0.1:8780`, `[::1]:8780` or `name:8780`.
    ///
    /// - Parameters:
    ///   - text: Host, colon, port. Nothing is looked up.
    ///   - variable: Where it comes from, for the error.
    public init(parsing text: String, variable: String) throws(ConfigurationError) {
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
    public var isLoopback: Bool { Loopback.contains(host) }

    /// As in a URL: `127.0.0.1:8780`, `[::1]:8780`.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
