import Configuration
import LibPQ

/// Settings by the name of their environment variable.
struct Settings {
    private let reader: ConfigReader

    init(flags: [String: String], environment: [String: String]) {
        let values = flags.map { (Self.key($0.key), ConfigValue(.string($0.value), isSecret: false)) }
        reader = ConfigReader(providers: [
            InMemoryProvider(
                name: "flags",
                values: Dictionary(
                    values.map { (AbsoluteConfigKey($0.0), $0.1) }, uniquingKeysWith: { _, last in last })),
            EnvironmentVariablesProvider(environmentVariables: environment),
        ])
    }

    /// `GIFTBRIDGE_RETRY_BASE` is `giftbridge.retry.base` to the configuration library.
    private static func key(_ variable: String) -> ConfigKey {
        ConfigKey(variable.lowercased().split(separator: "_").map(String.init))
    }

    func text(_ variable: String) -> String? {
        reader.string(forKey: Self.key(variable)).flatMap { $0.isEmpty ? nil : $0 }
    }

    func integer(_ variable: String, _ range: ClosedRange<Int>, default value: Int) throws(ConfigurationError) -> Int {
        guard let text = text(variable) else { return value }
        guard let integer = Int(text), range.contains(integer) else {
            throw ConfigurationError(
                variable, "must be an integer from \(range.lowerBound) to \(range.upperBound), not \"\(text)\"")
        }
        return integer
    }

    func duration(_ variable: String, default value: Duration) throws(ConfigurationError) -> Duration {
        guard let text = text(variable) else { return value }
        guard let duration = Duration(parsing: text), duration > .zero else {
            throw ConfigurationError(variable, "must be a duration such as 500ms, 30s, 5m, 2h or 90d, not \"\(text)\"")
        }
        return duration
    }

    /// The conninfo, checked by libpq's own parser.
    func databaseURL() throws(ConfigurationError) -> String {
        let text = text("GIFTBRIDGE_DATABASE_URL") ?? ""
        do {
            try Connection.validate(text)
        } catch {
            throw ConfigurationError("GIFTBRIDGE_DATABASE_URL", "is not a libpq URI or conninfo (\(error))")
        }
        return text
    }
}
