import LibPQ
import Logging

/// Settings by the name of their environment variable: flag over environment over file.
struct Settings {
    private let flags: [String: String]
    private let environment: [String: String]
    private let file: ConfigurationFile?

    init(flags: [String: String], environment: [String: String], file: ConfigurationFile? = nil) {
        self.flags = flags
        self.environment = environment
        self.file = file
    }

    /// The value; nil if not given, or empty.
    func text(_ variable: String) -> String? {
        given(variable).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The value, which may be empty; nil if not given.
    func given(_ variable: String) -> String? {
        assert(Setting.all.contains { $0.variable == variable }, "\(variable) is missing in Setting.all")
        return flags[variable] ?? environment[variable] ?? file?.values[variable]
    }

    /// The name for errors about a wrong value: the variable, or the name in the file and the file.
    func name(_ variable: String) -> String {
        guard flags[variable] == nil, environment[variable] == nil, let file, file.values[variable] != nil else {
            return variable
        }
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

/// A setting: its names, default and meaning. The sample file and the check of names are made from this table.
package struct Setting: Sendable {
    /// The environment variable.
    package let variable: String
    /// As written in the variable; nil: there is no default.
    package let defaultValue: String?
    /// Its meaning and allowed values, on one line.
    package let meaning: String

    /// Its name in a configuration file.
    package var key: String { Self.key(variable: variable) }

    private init(_ name: String, _ defaultValue: String?, _ meaning: String) {
        variable = "GIFTBRIDGE_" + name
        self.defaultValue = defaultValue
        self.meaning = meaning
    }

    /// Every setting except the secrets (the shops' keys, the page's token), in the order of the sample file.
    package static let all = [
        Setting(
            "DATABASE_URL", nil,
            "The database: any libpq URI or conninfo, several hosts allowed; unset: libpq's PG* variables."),
        Setting("API_URL", BridgeConfiguration.productionURL, "The vendor's base URL, for shops without their own."),
        Setting(
            "API_HOSTS", nil,
            "Hosts to which a key may be sent, with commas between them; unset: the host of api_url and the vendor's two."
        ),
        Setting("CONCURRENCY", "64", "Maximum concurrent requests, 1 to 10000."),
        Setting("REQUEST_TIMEOUT", "30s", "Maximum duration of a request."),
        Setting("LEASE", "120s", "Maximum time that a worker may hold an order; longer than request_timeout."),
        Setting(
            "VERIFY_AFTER", "60s",
            "How long an order stays in doubt before it is verified; longer than request_timeout."),
        Setting("MAX_VERIFICATIONS", "10", "Number of verifications before an order waits for an operator, 1 to 1000."),
        Setting("RETRY_BASE", "1s", "Delay before the second attempt; it doubles with each further one."),
        Setting("RETRY_MAX", "5m", "Maximum delay between attempts."),
        Setting("MAX_ATTEMPTS", "25", "Number of attempts before an order is marked failed, 1 to 1000."),
        Setting(
            "TAKEN_WORDS", "taken,already,unique,in use,exist,duplicate",
            "Comma-separated words that mean \"this code is already taken\", three letters or more each."),
        Setting("POLL_INTERVAL", "30s", "Maximum time between checks for new orders."),
        Setting("HEARTBEAT", "10s", "Time between updates of the worker's status row."),
        Setting("DRAIN_TIMEOUT", "45s", "Maximum time that a drain waits for requests in flight."),
        Setting(
            "HTTP_ADDRESS", HTTPAddress.standard,
            "Address of the status page and metrics; empty: off."),
        Setting("LOG_LEVEL", "info", "Log level: trace, debug, info, notice, warning, error or critical."),
        Setting("LOG_FORMAT", nil, "Log format: text or json; unset: text on a terminal, else json."),
    ]

    static func key(variable: String) -> String { String(variable.dropFirst("GIFTBRIDGE_".count)).lowercased() }
    static func variable(key: String) -> String { "GIFTBRIDGE_" + key.uppercased() }

    /// Whether a configuration file may have this setting. For a secret it has the path of a file that holds it: `api_key_file`,
    /// `api_key_<shop>_file`, `http_token_file`.
    static func isKnown(key: String) -> Bool {
        all.contains { $0.key == key } || isSecretOrItsFile(key) && key.hasSuffix("_file")
    }

    /// Whether the setting would be a secret itself.
    static func isSecret(key: String) -> Bool { isSecretOrItsFile(key) && !key.hasSuffix("_file") }

    private static func isSecretOrItsFile(_ key: String) -> Bool {
        (key == "api_key" || key.hasPrefix("api_key_") || key == "http_token" || key == "http_token_file")
            && key.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "_") }
    }

    /// The setting that was probably meant; nil: none is similar.
    static func nearest(to key: String) -> String? {
        let known = all.map(\.key) + ["api_key_file", "http_token_file"]
        let plain = key.lowercased().replacing("-", with: "_").replacing("giftbridge_", with: "")
        let nearest = known.map { ($0, distance($0, plain)) }.min { $0.1 < $1.1 }
        return nearest.flatMap { $0.1 <= max(2, plain.count / 3) ? $0.0 : nil }
    }

    /// The number of letters to insert, remove or change to turn one text into the other (Levenshtein distance).
    private static func distance(_ one: String, _ other: String) -> Int {
        let other = Array(other.utf8)
        var row = Array(0...other.count)
        for (i, letter) in one.utf8.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for j in other.indices {
                let changed = diagonal + (letter == other[j] ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(changed, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[other.count]
    }
}

/// How to log: `GIFTBRIDGE_LOG_LEVEL` and `GIFTBRIDGE_LOG_FORMAT`.
package struct LogSettings: Sendable {
    /// Default `info`.
    package let level: Logger.Level
    /// Nil: depends on where the log goes.
    package let format: String?

    /// Reads and checks both.
    ///
    /// - Parameters:
    ///   - flags: Values given as flags, by variable name; they win over the environment.
    ///   - environment: The process's environment variables.
    ///   - file: The configuration file, over which the environment wins; nil: there is none.
    ///   - formats: The known formats.
    /// - Throws: ``ConfigurationError`` with the variable's name.
    package init(
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

extension Duration {
    /// Reads a duration as settings and flags have it: an integer with a unit, `500ms`, `30s`, `5m`, `2h` or `90d`.
    ///
    /// - Parameter text: Nil is returned for anything else, and for more than a hundred years.
    package init?(parsing text: some StringProtocol) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let count = Int64(digits), digits.count <= 12 else { return nil }
        let milliseconds: Int64
        switch text.dropFirst(digits.count) {
        case "ms": milliseconds = 1
        case "s": milliseconds = 1000
        case "m": milliseconds = 60_000
        case "h": milliseconds = 3_600_000
        case "d": milliseconds = 86_400_000
        default: return nil
        }
        let (total, overflow) = count.multipliedReportingOverflow(by: milliseconds)
        guard !overflow, total <= 100 * 366 * 86_400_000 else { return nil }
        self = .milliseconds(total)
    }
}
