/// Every setting of the worker: flag over environment over file over default. ``Setting`` lists them.
package struct BridgeConfiguration: Sendable {
    /// Any libpq URI or conninfo; empty: libpq's own `PG…` variables. Variable `GIFTBRIDGE_DATABASE_URL`.
    package var databaseURL: String
    /// The vendor's base URL, for shops without their own. Variable `GIFTBRIDGE_API_URL`.
    package var apiURL: String
    /// The shops' keys.
    package var apiKeys: APIKeys
    /// The hosts, in lower case and without port, to which a key may be sent. Variable `GIFTBRIDGE_API_HOSTS`; default: the host of
    /// ``apiURL`` and the vendor's two.
    package var apiHosts: Set<String>
    /// Maximum concurrent requests, 1 to 10,000. Variable `GIFTBRIDGE_CONCURRENCY`.
    package var concurrency: Int
    /// Maximum duration of a request. Variable `GIFTBRIDGE_REQUEST_TIMEOUT`.
    package var requestTimeout: Duration
    /// Maximum time that a worker may hold an order; more than the request timeout. Variable `GIFTBRIDGE_LEASE`.
    package var lease: Duration
    /// Delays and limits of retries: `GIFTBRIDGE_VERIFY_AFTER`, `…RETRY_BASE`, `…RETRY_MAX`, `…MAX_ATTEMPTS`,
    /// `…TAKEN_WORDS`.
    var policy: RetryPolicy
    /// Maximum time between checks for new orders, in case a notification was lost. Variable `GIFTBRIDGE_POLL_INTERVAL`.
    package var pollInterval: Duration
    /// Time between updates of the status row. Variable `GIFTBRIDGE_HEARTBEAT`.
    package var heartbeat: Duration
    /// Maximum time that a drain waits for requests in flight. Variable `GIFTBRIDGE_DRAIN_TIMEOUT`.
    package var drainTimeout: Duration
    /// Address of the status page and metrics; nil: off. Variable `GIFTBRIDGE_HTTP_ADDRESS`; empty: off.
    package var httpAddress: HTTPAddress?
    /// The token for actions on the status page; nil: there are no actions. Variable `GIFTBRIDGE_HTTP_TOKEN`, given like a key.
    package var httpToken: HTTPToken?

    private static func takenWords(_ text: String, _ name: String) throws(ConfigurationError) -> [String] {
        let words = text.lowercased().split(separator: ",").map { $0.drop(while: \.isWhitespace) }.map(String.init)
        guard !words.isEmpty, words.allSatisfy({ $0.count >= 3 }) else {
            throw ConfigurationError(name, "must be comma-separated words of three letters or more")
        }
        return words
    }

    /// The connection string alone, for commands that need nothing else.
    package static func databaseURL(
        flags: [String: String], environment: [String: String], file: ConfigurationFile? = nil
    ) throws(ConfigurationError) -> String {
        try Settings(flags: flags, environment: environment, file: file).databaseURL()
    }

    /// The vendor's base URL alone.
    package static func apiURL(
        flags: [String: String], environment: [String: String], file: ConfigurationFile? = nil
    ) throws(ConfigurationError) -> String {
        try Settings(flags: flags, environment: environment, file: file).apiURL()
    }

    /// The hosts of the vendor's production and development environments.
    private static let vendorHosts: Set = ["api.smart-gift.co.uk", "api.devsmartgift.co.uk"]

    private static func hosts(_ text: String, _ name: String) throws(ConfigurationError) -> Set<String> {
        let hosts = text.lowercased().split(separator: ",").map { String($0.filter { !$0.isWhitespace }) }
        // One colon is a port's; an IPv6 address has more.
        let isRight = hosts.allSatisfy { host in
            !host.isEmpty && !host.contains("/") && !host.contains("*") && host.count { $0 == ":" } != 1
        }
        guard !hosts.isEmpty, isRight else {
            throw ConfigurationError(name, "must be host names without scheme and port, with commas between them")
        }
        return Set(hosts)
    }

    /// The vendor's production URL.
    package static let productionURL = "https://api.smart-gift.co.uk"

    /// Reads and checks every setting.
    ///
    /// - Parameters:
    ///   - flags: Values given as flags, by variable name; they win over the environment.
    ///   - environment: The process's environment variables.
    ///   - file: The configuration file, over which the environment wins; nil: there is none.
    /// - Throws: ``ConfigurationError`` for the first one that is wrong, with the variable's name.
    package init(
        flags: [String: String] = [:], environment: [String: String], file: ConfigurationFile? = nil
    ) throws(ConfigurationError) {
        let settings = Settings(flags: flags, environment: environment, file: file)
        databaseURL = try settings.databaseURL()
        apiURL = try settings.apiURL()
        apiKeys = APIKeys(environment: environment, file: file)
        apiHosts = Self.vendorHosts.union([try APIURL(parsing: apiURL, variable: "GIFTBRIDGE_API_URL").host])
        if let text = settings.text("GIFTBRIDGE_API_HOSTS") {
            apiHosts = try Self.hosts(text, settings.name("GIFTBRIDGE_API_HOSTS"))
        }
        concurrency = try settings.integer("GIFTBRIDGE_CONCURRENCY", 1...10_000, default: 64)
        requestTimeout = try settings.duration("GIFTBRIDGE_REQUEST_TIMEOUT", default: .seconds(30))
        lease = try settings.duration("GIFTBRIDGE_LEASE", default: .seconds(120))
        policy = RetryPolicy()
        policy.verifyAfter = try settings.duration("GIFTBRIDGE_VERIFY_AFTER", default: policy.verifyAfter)
        policy.base = try settings.duration("GIFTBRIDGE_RETRY_BASE", default: policy.base)
        policy.maximum = try settings.duration("GIFTBRIDGE_RETRY_MAX", default: policy.maximum)
        policy.maximumAttempts = try settings.integer(
            "GIFTBRIDGE_MAX_ATTEMPTS", 1...1000, default: policy.maximumAttempts)
        policy.maximumVerifications = try settings.integer(
            "GIFTBRIDGE_MAX_VERIFICATIONS", 1...1000, default: policy.maximumVerifications)
        if let words = settings.text("GIFTBRIDGE_TAKEN_WORDS") {
            policy.takenWords = try Self.takenWords(words, settings.name("GIFTBRIDGE_TAKEN_WORDS"))
        }
        pollInterval = try settings.duration("GIFTBRIDGE_POLL_INTERVAL", default: .seconds(30))
        heartbeat = try settings.duration("GIFTBRIDGE_HEARTBEAT", default: .seconds(10))
        drainTimeout = try settings.duration("GIFTBRIDGE_DRAIN_TIMEOUT", default: .seconds(45))
        let address = settings.given("GIFTBRIDGE_HTTP_ADDRESS") ?? HTTPAddress.standard
        httpAddress =
            address.isEmpty
            ? nil : try HTTPAddress(parsing: address, variable: settings.name("GIFTBRIDGE_HTTP_ADDRESS"))
        if let token = try apiKeys.value(HTTPToken.variable) { httpToken = try HTTPToken(token) }
        guard lease > requestTimeout else {
            throw ConfigurationError(
                "GIFTBRIDGE_LEASE",
                "must be longer than GIFTBRIDGE_REQUEST_TIMEOUT, so that the request ends before the lease does")
        }
        guard policy.verifyAfter > requestTimeout else {
            throw ConfigurationError(
                "GIFTBRIDGE_VERIFY_AFTER",
                "must be longer than GIFTBRIDGE_REQUEST_TIMEOUT, so that the first request has ended before it is verified"
            )
        }
        try apiKeys.validate()
    }
}

/// A setting that is missing or wrong: which, why, and what to do. Never the value of a secret.
package struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    /// The environment variable's (or column's) name.
    package let variable: String
    /// What is wrong and what to do, following the variable's name.
    package let problem: String

    /// Memberwise.
    package init(_ variable: String, _ problem: String) {
        self.variable = variable
        self.problem = problem
    }

    /// The variable and what is wrong with it.
    package var description: String { "\(variable) \(problem)" }
}
