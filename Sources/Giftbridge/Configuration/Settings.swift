import Configuration
import LibPQ

/// Settings by the name of their environment variable: flag over environment over file.
struct Settings {
    private let reader: ConfigReader
    private let overFile: Set<String>
    private let file: ConfigurationFile?

    init(flags: [String: String], environment: [String: String], file: ConfigurationFile? = nil) {
        self.file = file
        overFile = Set(flags.keys).union(environment.keys)
        reader = ConfigReader(providers: [
            Self.provider("flags", flags),
            EnvironmentVariablesProvider(environmentVariables: environment),
            Self.provider("file", file?.values ?? [:]),
        ])
    }

    private static func provider(_ name: String, _ values: [String: String]) -> InMemoryProvider {
        let values = values.map { (AbsoluteConfigKey(key($0.key)), ConfigValue(.string($0.value), isSecret: false)) }
        return InMemoryProvider(name: name, values: Dictionary(values, uniquingKeysWith: { _, last in last }))
    }

    /// `GIFTBRIDGE_RETRY_BASE` is `giftbridge.retry.base` to the configuration library.
    private static func key(_ variable: String) -> ConfigKey {
        ConfigKey(variable.lowercased().split(separator: "_").map(String.init))
    }

    /// The value; nil if not given, or empty.
    func text(_ variable: String) -> String? {
        given(variable).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The value, which may be empty; nil if not given.
    func given(_ variable: String) -> String? {
        assert(Setting.all.contains { $0.variable == variable }, "\(variable) is missing in Setting.all")
        return reader.string(forKey: Self.key(variable))
    }

    /// The name for errors about a wrong value: the variable, or the name in the file and the file.
    func name(_ variable: String) -> String {
        guard !overFile.contains(variable), let file, file.values[variable] != nil else { return variable }
        return "\(Setting.key(variable: variable)) in \(file.path)"
    }

    func integer(_ variable: String, _ range: ClosedRange<Int>, default value: Int) throws(ConfigurationError) -> Int {
        guard let text = text(variable) else { return value }
        guard let integer = Int(text), range.contains(integer) else {
            throw ConfigurationError(
                name(variable), "must be an integer from \(range.lowerBound) to \(range.upperBound), not \"\(text)\"")
        }
        return integer
    }

    func duration(_ variable: String, default value: Duration) throws(ConfigurationError) -> Duration {
        guard let text = text(variable) else { return value }
        guard let duration = Duration(parsing: text), duration > .zero else {
            throw ConfigurationError(
                name(variable), "must be a duration such as 500ms, 30s, 5m, 2h or 90d, not \"\(text)\"")
        }
        return duration
    }

    /// The vendor's base URL, checked.
    func apiURL() throws(ConfigurationError) -> String {
        let variable = "GIFTBRIDGE_API_URL"
        return try APIURL(parsing: text(variable) ?? BridgeConfiguration.productionURL, variable: name(variable)).text
    }

    /// The conninfo, checked by libpq's own parser.
    func databaseURL() throws(ConfigurationError) -> String {
        let text = text("GIFTBRIDGE_DATABASE_URL") ?? ""
        do {
            try Connection.validate(text)
        } catch {
            throw ConfigurationError(name("GIFTBRIDGE_DATABASE_URL"), "is not a libpq URI or conninfo (\(error))")
        }
        return text
    }
}
