/// A setting: its names, default and meaning. The sample file and the check of names are made from this table.
public struct Setting: Sendable {
    /// The environment variable.
    public let variable: String
    /// As written in the variable; nil: there is no default.
    public let defaultValue: String?
    /// Its meaning and allowed values, on one line.
    public let meaning: String

    /// Its name in a configuration file.
    public var key: String { Self.key(variable: variable) }

    private init(_ name: String, _ defaultValue: String?, _ meaning: String) {
        variable = "GIFTBRIDGE_" + name
        self.defaultValue = defaultValue
        self.meaning = meaning
    }

    /// Every setting except the secrets (the shops' keys, the page's token), in the order of the sample file.
    public static let all = [
        Setting(
            "DATABASE_URL", nil,
            "The database: any libpq URI or conninfo, several hosts allowed; unset: libpq's PG* variables."),
        Setting("API_URL", BridgeConfiguration.productionURL, "The vendor's base URL, for shops without their own."),
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
