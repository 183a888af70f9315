/// The token for actions on the status page. `description` reveals nothing.
public struct HTTPToken: Sendable, CustomStringConvertible {
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
    public var description: String { "HTTPToken" }

    /// Whether a text is this token. The time that it takes reveals nothing of the token.
    public func matches(_ text: String) -> Bool { Self.isEqual(Array(text.utf8), bytes) }

    /// Compares in a time that depends only on the length of `given`.
    package static func isEqual(_ given: [UInt8], _ secret: [UInt8]) -> Bool {
        guard !secret.isEmpty else { return false }
        var difference: UInt8 = given.count == secret.count ? 0 : 1
        for (index, byte) in given.enumerated() { difference |= byte ^ secret[index % secret.count] }
        return difference == 0
    }
}
