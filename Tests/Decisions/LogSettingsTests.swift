import Giftbridge
import Testing

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
