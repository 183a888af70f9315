import Logging

/// How to log: `GIFTBRIDGE_LOG_LEVEL` and `GIFTBRIDGE_LOG_FORMAT`.
public struct LogSettings: Sendable {
    /// Default `info`.
    public let level: Logger.Level
    /// Nil: depends on where the log goes.
    public let format: String?

    /// Reads and checks both.
    ///
    /// - Parameters:
    ///   - flags: Values given as flags, by variable name; they win over the environment.
    ///   - environment: The process's environment variables.
    ///   - file: The configuration file, over which the environment wins; nil: there is none.
    ///   - formats: The known formats.
    /// - Throws: ``ConfigurationError`` with the variable's name.
    public init(
        flags: [String: String], environment: [String: String], file: ConfigurationFile? = nil, formats: [String]
    ) throws(ConfigurationError) {
        let settings = Settings(flags: flags, environment: environment, file: file)
        let name = settings.text("GIFTBRIDGE_LOG_LEVEL") ?? "info"
        guard let level = Logger.Level(rawValue: name) else {
            let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw ConfigurationError(settings.name("GIFTBRIDGE_LOG_LEVEL"), "must be one of \(levels), not \"\(name)\"")
        }
        self.level = level
        format = settings.text("GIFTBRIDGE_LOG_FORMAT")
        if let format, !formats.contains(format) {
            throw ConfigurationError(
                settings.name("GIFTBRIDGE_LOG_FORMAT"),
                "must be \(formats.joined(separator: " or ")), not \"\(format)\"")
        }
    }
}
