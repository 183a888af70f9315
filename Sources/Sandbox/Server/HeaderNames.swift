import HTTPTypes

extension HTTPField.Name {
    static let smartAuth = literal("Smart-Auth")
    static let rateLimit = literal("X-RateLimit-Limit")
    static let rateLimitRemaining = literal("X-RateLimit-Remaining")
    static let rateLimitReset = literal("X-RateLimit-Reset")

    private static func literal(_ name: String) -> Self {
        guard let name = Self(name) else { preconditionFailure("not a header's name: \(name)") }
        return name
    }
}
