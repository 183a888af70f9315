import ArgumentParser
import FoundationEssentials
import Giftbridge
import Glibc
import Logging

/// Every setting of the worker as a flag. Keys cannot be flags, because command lines are visible to other users.
struct WorkerOptions: ParsableArguments {
    @OptionGroup var database: DatabaseOptions
    @OptionGroup var log: LogOptions

    @Option(help: "The vendor's base URL. [GIFTBRIDGE_API_URL; default: \(BridgeConfiguration.productionURL)]")
    var apiUrl: String?

    @Option(help: "Maximum concurrent requests, 1 to 10000. [GIFTBRIDGE_CONCURRENCY; default: 64]")
    var concurrency: String?

    @Option(help: "Maximum duration of a request. [GIFTBRIDGE_REQUEST_TIMEOUT; default: 30s]")
    var requestTimeout: String?

    @Option(
        help:
            "Maximum time that a worker may hold an order; longer than the request timeout. [GIFTBRIDGE_LEASE; default: 120s]"
    )
    var lease: String?

    @Option(
        help:
            "How long an order stays in doubt before it is verified; longer than the request timeout. [GIFTBRIDGE_VERIFY_AFTER; default: 60s]"
    )
    var verifyAfter: String?

    @Option(
        help: "Delay before the second attempt; it doubles with each further one. [GIFTBRIDGE_RETRY_BASE; default: 1s]")
    var retryBase: String?

    @Option(help: "Maximum delay between attempts. [GIFTBRIDGE_RETRY_MAX; default: 5m]")
    var retryMax: String?

    @Option(
        help: "Number of attempts before an order is marked failed, 1 to 1000. [GIFTBRIDGE_MAX_ATTEMPTS; default: 25]")
    var maxAttempts: String?

    @Option(
        help: """
            Number of verifications before an order waits for an operator, 1 to 1000. [GIFTBRIDGE_MAX_VERIFICATIONS; \
            default: 10]
            """)
    var maxVerifications: String?

    @Option(
        help: """
            Comma-separated words that mean "this code is already taken". [GIFTBRIDGE_TAKEN_WORDS; \
            default: taken,already,unique,in use,exist,duplicate]
            """)
    var takenWords: String?

    @Option(help: "Maximum time between checks for new orders. [GIFTBRIDGE_POLL_INTERVAL; default: 30s]")
    var pollInterval: String?

    @Option(help: "Time between updates of the worker's status row. [GIFTBRIDGE_HEARTBEAT; default: 10s]")
    var heartbeat: String?

    @Option(help: "Maximum time that a drain waits for requests in flight. [GIFTBRIDGE_DRAIN_TIMEOUT; default: 45s]")
    var drainTimeout: String?

    @Option(
        help: """
            Address of the status page and metrics. Leave empty to turn it off. [GIFTBRIDGE_HTTP_ADDRESS; default: \
            \(HTTPAddress.standard)]
            """)
    var httpAddress: String?

    /// The settings: flag over environment over file over default.
    func configuration() throws -> BridgeConfiguration {
        let flags: [String: String?] = [
            "GIFTBRIDGE_DATABASE_URL": database.databaseUrl, "GIFTBRIDGE_API_URL": apiUrl,
            "GIFTBRIDGE_CONCURRENCY": concurrency, "GIFTBRIDGE_REQUEST_TIMEOUT": requestTimeout,
            "GIFTBRIDGE_LEASE": lease, "GIFTBRIDGE_VERIFY_AFTER": verifyAfter, "GIFTBRIDGE_RETRY_BASE": retryBase,
            "GIFTBRIDGE_RETRY_MAX": retryMax, "GIFTBRIDGE_MAX_ATTEMPTS": maxAttempts,
            "GIFTBRIDGE_MAX_VERIFICATIONS": maxVerifications,
            "GIFTBRIDGE_TAKEN_WORDS": takenWords, "GIFTBRIDGE_POLL_INTERVAL": pollInterval,
            "GIFTBRIDGE_HEARTBEAT": heartbeat,
            "GIFTBRIDGE_DRAIN_TIMEOUT": drainTimeout, "GIFTBRIDGE_HTTP_ADDRESS": httpAddress,
        ]
        return try BridgeConfiguration(
            flags: flags.compactMapValues { $0 }, environment: ProcessInfo.processInfo.environment,
            file: database.file())
    }
}

/// How to log; for the commands that keep running.
struct LogOptions: ParsableArguments {
    @Option(
        help: "Log level: trace, debug, info, notice, warning, error or critical. [GIFTBRIDGE_LOG_LEVEL; default: info]"
    )
    var logLevel: String?

    @Option(help: "Log format: text or json. [GIFTBRIDGE_LOG_FORMAT; default: text on a terminal, else json]")
    var logFormat: String?

    /// The logger, to standard error.
    ///
    /// - Parameter file: The configuration file, for commands that have one.
    func logger(_ file: ConfigurationFile? = nil) throws -> Logger {
        var flags: [String: String] = [:]
        flags["GIFTBRIDGE_LOG_LEVEL"] = logLevel
        flags["GIFTBRIDGE_LOG_FORMAT"] = logFormat
        let settings = try LogSettings(
            flags: flags, environment: ProcessInfo.processInfo.environment, file: file,
            formats: LineLogHandler.Format.allCases.map(\.rawValue))
        return .giftbridge(settings, isTerminal: isatty(STDERR_FILENO) == 1)
    }
}

/// A flag's duration.
@Sendable func parseDuration(_ text: String) throws -> Duration {
    guard let duration = Duration(parsing: text) else {
        throw ValidationError("'\(text)' is not a duration such as 500ms, 30s, 5m, 2h or 90d")
    }
    return duration
}
