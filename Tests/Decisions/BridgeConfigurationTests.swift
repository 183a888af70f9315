import Testing

@testable import Giftbridge

/// Flag over environment over default, and one clear line for each wrong value.
@Suite("The worker's settings")
struct BridgeConfigurationTests {
    static func settings(_ environment: [String: String] = [:], flags: [String: String] = [:])
        throws(ConfigurationError) -> BridgeConfiguration
    {
        try BridgeConfiguration(
            flags: flags, environment: environment.merging(["GIFTBRIDGE_API_KEY": "sk_test"]) { old, _ in old })
    }

    @Test("The defaults are the documents'")
    func defaults() throws {
        let settings = try Self.settings()
        #expect(settings.databaseURL == "" && settings.apiURL == "https://api.smart-gift.co.uk")
        #expect(
            settings.concurrency == 64 && settings.requestTimeout == .seconds(30) && settings.lease == .seconds(120))
        #expect(settings.policy.verifyAfter == .seconds(60) && settings.policy.base == .seconds(1))
        #expect(settings.policy.maximum == .seconds(300) && settings.policy.maximumAttempts == 25)
        #expect(
            settings.pollInterval == .seconds(30) && settings.heartbeat == .seconds(10)
                && settings.drainTimeout == .seconds(45))
        #expect(settings.httpAddress?.description == "127.0.0.1:8780")
        #expect(try settings.apiKeys.key(shop: "default") == "sk_test")
        #expect(settings.apiHosts == ["api.smart-gift.co.uk", "api.devsmartgift.co.uk"])
        #expect(try Self.settings(["GIFTBRIDGE_API_URL": "https://Own.example:8/v1"]).apiHosts.contains("own.example"))
    }

    static let values: [(String, String, String, @Sendable (BridgeConfiguration) -> String)] = [
        ("GIFTBRIDGE_DATABASE_URL", "host=a", "postgres://b/c", { $0.databaseURL }),
        ("GIFTBRIDGE_API_URL", "https://a", "https://b", { $0.apiURL }),
        ("GIFTBRIDGE_API_HOSTS", "a,b", "b", { $0.apiHosts.sorted().joined(separator: ",") }),
        ("GIFTBRIDGE_CONCURRENCY", "3", "10000", { "\($0.concurrency)" }),
        ("GIFTBRIDGE_REQUEST_TIMEOUT", "3s", "4s", { "\($0.requestTimeout.components.seconds)s" }),
        ("GIFTBRIDGE_LEASE", "31s", "300s", { "\($0.lease.components.seconds)s" }),
        ("GIFTBRIDGE_VERIFY_AFTER", "43s", "44s", { "\($0.policy.verifyAfter.components.seconds)s" }),
        ("GIFTBRIDGE_RETRY_BASE", "3s", "4s", { "\($0.policy.base.components.seconds)s" }),
        ("GIFTBRIDGE_RETRY_MAX", "3s", "4s", { "\($0.policy.maximum.components.seconds)s" }),
        ("GIFTBRIDGE_MAX_ATTEMPTS", "1", "1000", { "\($0.policy.maximumAttempts)" }),
        ("GIFTBRIDGE_POLL_INTERVAL", "3s", "4s", { "\($0.pollInterval.components.seconds)s" }),
        ("GIFTBRIDGE_HEARTBEAT", "3s", "4s", { "\($0.heartbeat.components.seconds)s" }),
        ("GIFTBRIDGE_DRAIN_TIMEOUT", "3s", "4s", { "\($0.drainTimeout.components.seconds)s" }),
    ]

    @Test(
        "A flag goes before the environment, and that before the default; empty is as good as absent",
        arguments: 0..<values.count)
    func precedence(index: Int) throws {
        let (variable, one, other, read) = Self.values[index]
        let byDefault = read(try Self.settings())
        #expect(read(try Self.settings([variable: one])) == one)
        #expect(read(try Self.settings(flags: [variable: other])) == other)
        #expect(read(try Self.settings([variable: one], flags: [variable: other])) == other)
        #expect(read(try Self.settings([variable: ""])) == byDefault)
        #expect(byDefault != one)
    }

    static let durations = [
        "GIFTBRIDGE_REQUEST_TIMEOUT", "GIFTBRIDGE_LEASE", "GIFTBRIDGE_VERIFY_AFTER", "GIFTBRIDGE_RETRY_BASE",
        "GIFTBRIDGE_RETRY_MAX",
        "GIFTBRIDGE_POLL_INTERVAL", "GIFTBRIDGE_HEARTBEAT", "GIFTBRIDGE_DRAIN_TIMEOUT",
    ]

    @Test("A wrong duration is refused with its variable, from environment and flag", arguments: durations)
    func wrongDuration(variable: String) {
        for text in ["0s", "-1s", "30", "1.5s", "soon", " ", "30 s", "99999999d"] {
            for (environment, flags) in [
                ([variable: text], [:]), ([:], [variable: text]), ([variable: "90s"], [variable: text]),
            ] {
                let error = #expect(throws: ConfigurationError.self) { try Self.settings(environment, flags: flags) }
                #expect(error?.variable == variable)
                #expect(error?.description.split(separator: "\n").count == 1)
            }
        }
    }

    @Test(
        "A wrong number is refused with its variable and range",
        arguments: ["GIFTBRIDGE_CONCURRENCY", "GIFTBRIDGE_MAX_ATTEMPTS"],
        ["0", "-1", "10001", "1.5", "1e2", "many", " 5", "99999999999999999999"])
    func wrongNumber(variable: String, text: String) {
        let error = #expect(throws: ConfigurationError.self) { try Self.settings([variable: text]) }
        #expect(error?.variable == variable && error?.problem.contains("from 1 to ") == true)
    }

    @Test(
        "Other wrong values name their variable",
        arguments: [
            ("GIFTBRIDGE_API_URL", "http://api.smart-gift.co.uk"), ("GIFTBRIDGE_API_URL", "smart-gift"),
            ("GIFTBRIDGE_API_HOSTS", "https://vendor.example"), ("GIFTBRIDGE_API_HOSTS", "vendor.example:8443"),
            ("GIFTBRIDGE_API_HOSTS", "a,,b*"), ("GIFTBRIDGE_API_HOSTS", "*.example"),
            ("GIFTBRIDGE_DATABASE_URL", "postgres://[::1"), ("GIFTBRIDGE_DATABASE_URL", "nonsense"),
            ("GIFTBRIDGE_DATABASE_URL", "colour=blue"), ("GIFTBRIDGE_API_KEY", ""), ("GIFTBRIDGE_API_KEY", "two words"),
        ])
    func otherWrongValues(variable: String, text: String) {
        let error = #expect(throws: ConfigurationError.self) { try Self.settings([variable: text]) }
        #expect(error?.variable == variable)
        #expect(error?.description.split(separator: "\n").count == 1)
    }

    @Test(
        "The database's password stays out of the error",
        arguments: ["postgres://u:SECRET%zz@h/d", "password=SECRET SECRET2", "host=h password='SECRET"])
    func databasePassword(text: String) {
        for error in [
            #expect(throws: ConfigurationError.self) {
                try Self.settings([:], flags: ["GIFTBRIDGE_DATABASE_URL": text])
            },
            #expect(throws: ConfigurationError.self) {
                try BridgeConfiguration.databaseURL(flags: [:], environment: ["GIFTBRIDGE_DATABASE_URL": text])
            },
        ] {
            #expect(error?.variable == "GIFTBRIDGE_DATABASE_URL")
            #expect(error.map { !"\($0)".contains("SECRET") } == true)
        }
    }

    @Test(
        "A lease that does not outlast the request is refused",
        arguments: [("30s", "30s"), ("30s", "29s"), ("120s", "120s"), ("1h", "3600s"), ("500ms", "499ms")])
    func leaseTooShort(timeout: String, lease: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try Self.settings(["GIFTBRIDGE_REQUEST_TIMEOUT": timeout, "GIFTBRIDGE_LEASE": lease])
        }
        #expect(error?.variable == "GIFTBRIDGE_LEASE")
    }

    @Test("A timeout beyond the default lease is refused too, because the lease was not set")
    func timeoutTooLong() {
        let error = #expect(throws: ConfigurationError.self) {
            try Self.settings(["GIFTBRIDGE_REQUEST_TIMEOUT": "120s"])
        }
        #expect(error?.variable == "GIFTBRIDGE_LEASE")
    }

    @Test("Without any key it does not start")
    func noKey() {
        let error = #expect(throws: ConfigurationError.self) { try BridgeConfiguration(environment: [:]) }
        #expect(error?.variable == "GIFTBRIDGE_API_KEY")
    }
}

/// Where the worker's HTTP face is.
@Suite("The worker's HTTP address")
struct HTTPAddressTests {
    @Test(
        "Host and port are told apart",
        arguments: [
            ("127.0.0.1:8780", "127.0.0.1", 8780, true), ("localhost:0", "localhost", 0, true),
            ("[::1]:65535", "::1", 65535, true), ("0.0.0.0:80", "0.0.0.0", 80, false), ("[::]:8780", "::", 8780, false),
            ("bridge.internal:8780", "bridge.internal", 8780, false),
            ("127.evil.example:1", "127.evil.example", 1, false),
        ])
    func isTaken(text: String, host: String, port: Int, isLoopback: Bool) throws {
        let address = try HTTPAddress(parsing: text, variable: "V")
        #expect(address.host == host && address.port == port && address.isLoopback == isLoopback)
        #expect(address.description == text)
    }

    @Test(
        "Anything else is refused with the variable's name",
        arguments: [
            "8780", "127.0.0.1", ":8780", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "::1:8780", "[::1]", "[]:1",
            "[x]:1", "http://127.0.0.1:8780", "a b:1", "127.0.0.1:8780/", "ä:1",
        ])
    func isRefused(text: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try BridgeConfigurationTests.settings(["GIFTBRIDGE_HTTP_ADDRESS": text])
        }
        #expect(error?.variable == "GIFTBRIDGE_HTTP_ADDRESS")
    }

    @Test("Empty is off, from environment and flag")
    func off() throws {
        #expect(try BridgeConfigurationTests.settings(["GIFTBRIDGE_HTTP_ADDRESS": ""]).httpAddress == nil)
        let flag = try BridgeConfigurationTests.settings(
            ["GIFTBRIDGE_HTTP_ADDRESS": "localhost:1"], flags: ["GIFTBRIDGE_HTTP_ADDRESS": ""])
        #expect(flag.httpAddress == nil)
    }
}

/// `GIFTBRIDGE_LOG_LEVEL` and `GIFTBRIDGE_LOG_FORMAT`.
@Suite("Log settings")
struct LogSettingsTests {
    static func settings(_ environment: [String: String], flags: [String: String] = [:]) throws(ConfigurationError)
        -> LogSettings
    {
        try LogSettings(flags: flags, environment: environment, formats: ["text", "json"])
    }

    @Test("By default info, and a format that the place decides")
    func defaults() throws {
        let settings = try Self.settings([:])
        #expect("\(settings.level)" == "info" && settings.format == nil)
    }

    @Test("Every level is taken", arguments: ["trace", "debug", "info", "notice", "warning", "error", "critical"])
    func levels(name: String) throws {
        #expect("\(try Self.settings(["GIFTBRIDGE_LOG_LEVEL": name]).level)" == name)
        #expect(
            "\(try Self.settings(["GIFTBRIDGE_LOG_LEVEL": "trace"], flags: ["GIFTBRIDGE_LOG_LEVEL": name]).level)"
                == name)
    }

    @Test("Both formats are taken, flag before environment", arguments: ["text", "json"])
    func formats(name: String) throws {
        #expect(try Self.settings(["GIFTBRIDGE_LOG_FORMAT": name]).format == name)
        #expect(
            try Self.settings(["GIFTBRIDGE_LOG_FORMAT": "text"], flags: ["GIFTBRIDGE_LOG_FORMAT": name]).format == name)
    }

    @Test(
        "A wrong value is refused with its variable and what there is",
        arguments: [
            ("GIFTBRIDGE_LOG_LEVEL", "verbose", "warning"), ("GIFTBRIDGE_LOG_LEVEL", "INFO", "info"),
            ("GIFTBRIDGE_LOG_LEVEL", "warn", "warning"),
            ("GIFTBRIDGE_LOG_LEVEL", "0", "trace"), ("GIFTBRIDGE_LOG_FORMAT", "xml", "json"),
            ("GIFTBRIDGE_LOG_FORMAT", "JSON", "text"),
        ])
    func wrong(variable: String, value: String, offer: String) {
        let error = #expect(throws: ConfigurationError.self) { try Self.settings([variable: value]) }
        #expect(error?.variable == variable && error?.problem.contains(offer) == true)
    }
}

/// Durations as settings and flags have them.
@Suite("Durations")
struct DurationTests {
    @Test(
        "An integer with a unit is read",
        arguments: [
            ("500ms", .milliseconds(500)), ("30s", .seconds(30)), ("5m", .seconds(300)), ("2h", .seconds(7200)),
            ("90d", .seconds(90 * 86_400)), ("0s", .zero), ("0ms", .zero), ("007s", .seconds(7)),
            ("1ms", .milliseconds(1)),
            ("36600d", .seconds(36_600 * 86_400)), ("999999999999ms", .milliseconds(999_999_999_999)),
        ] as [(String, Duration)])
    func isRead(text: String, duration: Duration) {
        #expect(Duration(parsing: text) == duration)
        #expect(Duration(parsing: Substring(text)) == duration)
    }

    @Test(
        "Anything else is none",
        arguments: [
            "", " ", "s", "ms", "30", "-30s", "+30s", "1.5s", "1,5s", "30 s", " 30s", "30s ", "30S", "30sec",
            "30seconds", "5min",
            "5M", "1w", "1y", "1h30m", "30s30s", "1e3s", "0x10s", "٣s", "３s", "30s\n", "30s\0", "s30", "nan", "inf",
            "∞", "36601d",
            "999999999999d", "9999999999999999999s", "1000000000000ms", "30µs", "30us", "30ns", "5m\u{301}", "PT5M",
            "00:05:00",
        ])
    func isNone(text: String) {
        #expect(Duration(parsing: text) == nil)
    }
}
