import ArgumentParser
import Giftbridge
import Logging
import Sandbox
import ServiceLifecycle
import UnixSignals

/// `giftbridge sandbox`: a local simulation of the vendor.
struct SandboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sandbox",
        abstract: "Run a local simulation of the vendor that checks orders as strictly as its documentation says.",
        discussion: """
            Let Giftbridge use it: GIFTBRIDGE_API_URL=http://127.0.0.1:8790 GIFTBRIDGE_API_KEY=sk_sandbox giftbridge run

            Inspect it: curl http://127.0.0.1:8790/_sandbox lists its pages: sales, requests, a summary, \
            faults and habits.
            """
    )

    @OptionGroup var log: LogOptions

    @Option(help: "The port on 127.0.0.1; 0: any free port.")
    var port = 8790

    @Option(help: "The secret key that requests must send as Smart-Auth.")
    var key = "sk_sandbox"

    @Option(help: "Requests allowed in a window; 0: no limit.")
    var rateLimit = 60

    @Option(help: "Length of a window.", transform: parseDuration)
    var rateWindow: Duration = .seconds(60)

    @Option(
        help: "How far the clock of X-RateLimit-Reset is ahead: a duration; with a minus sign: behind.",
        transform: parseOffset)
    var clockOffset: Duration = .zero

    @Option(help: "Delay of every answer.", transform: parseDuration)
    var latency: Duration = .zero

    @Option(help: "Share of sales with a random fault, 0 to 1.")
    var faultRate = 0.0

    @Option(
        name: .customLong("fault"),
        help: "A kind of random fault. Can be repeated; /_sandbox/faults lists the kinds.",
        transform: parseFault)
    var faults: [FaultKind] = []

    @Option(
        name: .customLong("habit"),
        help: "A behaviour that the vendor's documentation leaves open. Can be repeated; /_sandbox/habits lists them.",
        transform: parseHabit)
    var habits: [Habit] = []

    @Option(help: "The company's id, the prefix of every order reference; may be empty.")
    var referencePrefix = "ACME-"

    @Option(help: "The company's site number, which POST /redeem/check requires.")
    var siteID = 1

    @Option(help: "Seed of the random faults: the same seed gives the same faults.")
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
        throw ValidationError(
            "'\(name)' is not a habit. Habits: \(Habit.allCases.map(\.rawValue).joined(separator: " "))")
    }
    return habit
}

@Sendable private func parseFault(_ name: String) throws -> FaultKind {
    guard let kind = FaultKind(name: name) else {
        throw ValidationError(
            "'\(name)' is not a kind of fault. Kinds: \(FaultKind.all.map(\.name).joined(separator: " "))")
    }
    return kind
}
