/// Why a sandbox cannot run as it is configured.
public struct SandboxConfigurationError: Error, CustomStringConvertible {
    /// The field of ``SandboxConfiguration``.
    public let field: String
    /// What it has to be; never the key.
    public let rule: String

    /// One readable line.
    public var description: String { "sandbox: \(field) \(rule)" }
}

extension SandboxConfiguration {
    /// Throws ``SandboxConfigurationError`` for the first field that is out of its range.
    public func validate() throws(SandboxConfigurationError) {
        func require(_ isFulfilled: Bool, _ field: String, _ rule: String) throws(SandboxConfigurationError) {
            if !isFulfilled { throw SandboxConfigurationError(field: field, rule: rule) }
        }
        try require(allowsAnyHost || isLoopback, "host", "must be loopback (127.0.0.1, ::1 or localhost)")
        try require((0...65_535).contains(port), "port", "must be 0 to 65535")
        try require(!key.isEmpty, "key", "must not be empty")
        try require(rateLimit.map { $0 >= 1 } ?? true, "rateLimit", "must be 1 or more, or off")
        try require(rateWindow > .zero, "rateWindow", "must be more than zero")
        try require((0...1).contains(faultRate), "faultRate", "must be 0 to 1")
        try require(faultRate == 0 || !faultKinds.isEmpty, "faultKinds", "must not be empty where faultRate is set")
        try require(Self.isPrefix(referencePrefix), "referencePrefix", Self.prefixRule)
        try require(ledgerCapacity >= 1, "ledgerCapacity", "must be 1 or more")
        try require(rawBodyCapacity >= 0, "rawBodyCapacity", "must be 0 or more")
        try require(largestBody >= 1, "largestBody", "must be 1 or more")
        try require(hangBound >= .zero, "hangBound", "must not be negative")
        try require(slowAnswerDuration >= .zero, "slowAnswerDuration", "must not be negative")
        try require(!latency.isNegative, "latency", "must not be negative")
    }

    /// What a ``referencePrefix`` has to be.
    static let prefixRule = "must be at most 100 characters without control characters"

    static func isPrefix(_ text: String) -> Bool {
        text.count <= 100 && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
    }

    private var isLoopback: Bool {
        if host == "::1" || host == "localhost" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}

extension Latency {
    fileprivate var isNegative: Bool {
        switch self {
        case .none: false
        case .fixed(let duration): duration < .zero
        case .between(let bounds): bounds.lowerBound < .zero
        }
    }
}
