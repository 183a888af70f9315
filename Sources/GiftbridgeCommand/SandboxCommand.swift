import ArgumentParser
import Giftbridge
import Logging
import Sandbox
import ServiceLifecycle
import UnixSignals

/// `giftbridge sandbox`: a local stand-in for the vendor.
struct SandboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sandbox",
        abstract: "Run a local stand-in for the vendor, as strict as the vendor's pages.",
        discussion: """
            Point the bridge at it: GIFTBRIDGE_API_URL=http://127.0.0.1:8790 GIFTBRIDGE_API_KEY=sk_sandbox giftbridge run

            Look at it: curl http://127.0.0.1:8790/_sandbox lists its pages: sales, requests, a summary, \
            faults and habits on demand.
            """
    )

    @OptionGroup var log: LogOptions

    @Option(help: "The port on 127.0.0.1; 0 takes any free one.")
    var port = 8790

    @Option(help: "The secret key that requests have to carry as Smart-Auth.")
    var key = "sk_sandbox"

    @Option(help: "Requests allowed in a window; 0: no limit.")
    var rateLimit = 60

    @Option(help: "How long a window lasts.", transform: parseDuration)
    var rateWindow: Duration = .seconds(60)

    @Option(
        help: "By how much the clock of X-RateLimit-Reset is off: a duration, with a minus where it is slow.",
        transform: parseOffset)
    var clockOffset: Duration = .zero

    @Option(help: "How long every request takes.", transform: parseDuration)
    var latency: Duration = .zero

    @Option(help: "The share of sales that a fault strikes at random, 0 to 1.")
    var faultRate = 0.0

    @Option(
        name: .customLong("fault"),
        help: "A kind of fault that strikes at random; repeatable; /_sandbox/faults lists them.",
        transform: parseFault)
    var faults: [FaultKind] = []

    @Option(
        name: .customLong("habit"),
        help: "A habit that the vendor's pages leave open; repeatable; /_sandbox/habits lists them.",
        transform: parseHabit)
    var habits: [Habit] = []

    @Option(help: "The company's id, which stands in front of every order reference; may be empty.")
    var referencePrefix = "ACME-"

    @Option(help: "The company's site number, which POST /redeem/check asks for.")
    var siteID = 1

    @Option(help: "What faults are drawn from: the same seed, the same faults.")
    var seed: UInt64 = 1

    func run() async throws {
        let logger = try log.logger()
        var configuration = SandboxConfiguration(
            port: port, key: key, rateLimit: rateLimit == 0 ? nil : rateLimit, rateWindow: rateWindow,
            clockOffset: clockOffset, latency: .fixed(latency), faultRate: faultRate, habits: Set(habits),
            referencePrefix: referencePrefix, seed: seed, catalogue: Catalogue(site: siteID))
        if !faults.isEmpty { configuration.faultKinds = faults }
        try configuration.validate()
        let server = SandboxServer(configuration: configuration, logger: logger) { port in
            print("The sandbox listens on http://127.0.0.1:\(port); its pages: http://127.0.0.1:\(port)/_sandbox")
            flushStandardOutput()
        }
        try await ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: server, successTerminationBehavior: .gracefullyShutdownGroup)],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        ).run()
    }
}

@Sendable private func parseOffset(_ text: String) throws -> Duration {
    text.hasPrefix("-") ? .zero - (try parseDuration(String(text.dropFirst()))) : try parseDuration(text)
}

@Sendable private func parseHabit(_ name: String) throws -> Habit {
    guard let habit = Habit(rawValue: name) else {
        throw ValidationError("'\(name)' is no habit: \(Habit.allCases.map(\.rawValue).joined(separator: " "))")
    }
    return habit
}

@Sendable private func parseFault(_ name: String) throws -> FaultKind {
    guard let kind = FaultKind(name: name) else {
        throw ValidationError("'\(name)' is no kind of fault: \(FaultKind.all.map(\.name).joined(separator: " "))")
    }
    return kind
}
