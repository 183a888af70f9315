import ArgumentParser
import FoundationEssentials
import Giftbridge
import Glibc
import Logging
import ServiceLifecycle
import StatusServer
import UnixSignals

/// `giftbridge run`: the worker.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the worker: pick up new orders, send them to Smart Gift and save the results.",
        discussion: """
            The vendor's secret key is read from GIFTBRIDGE_API_KEY, or from GIFTBRIDGE_API_KEY_<SHOP> for one shop. Each can \
            also be given as …_FILE, the path of a file that holds the key.

            SIGTERM and SIGINT drain the worker: it takes no new orders, completes the requests already sent, and saves their \
            results. A second signal ends it at once. Orders whose request was in flight then become in_doubt when their lease \
            expires, and are verified.
            """
    )

    @OptionGroup var options: WorkerOptions

    func run() async throws {
        let logger = try options.log.logger(options.database.file())
        let configuration = try options.configuration()
        if let warning = CrashPoint.warning { logger.warning("\(warning)") }
        Self.allowManyFiles()
        let host = Self.hostName()
        let worker = Worker(
            configuration: configuration,
            name: "\(host):\(getpid()):\(String(UInt32.random(in: 0...UInt32.max), radix: 36))",
            host: host, pid: Int(getpid()), version: GiftbridgeCommand.version, logger: logger)

        // The last one is shut down first, so that the others report the drain until it is over.
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = []
        if let address = configuration.httpAddress {
            let status = StatusService(
                address: address, configuration: configuration, worker: worker, version: GiftbridgeCommand.version,
                logger: logger)
            services.append(.init(service: status, successTerminationBehavior: .ignore))
        }
        let systemd = SystemdNotifier(
            environment: ProcessInfo.processInfo.environment, pid: Int(getpid()), worker: worker,
            heartbeat: configuration.heartbeat, logger: logger)
        if let systemd { services.append(.init(service: systemd, successTerminationBehavior: .ignore)) }
        services.append(.init(service: worker, successTerminationBehavior: .gracefullyShutdownGroup))
        let group = ServiceGroup(configuration: ServiceGroupConfiguration(services: services, logger: logger))
        let signals = Task {
            var isDraining = false
            for await signal in await UnixSignalsSequence(trapping: .sigterm, .sigint) {
                if isDraining {
                    logger.warning(
                        "Ending at once; orders in flight become in_doubt when their lease expires, and are then verified.",
                        metadata: ["signal": "\(signal)"])
                    ExitStatus.failed.end()
                }
                isDraining = true
                systemd?.stopping()
                await group.triggerGracefulShutdown()
            }
        }
        defer { signals.cancel() }
        try await group.run()
    }

    /// Raises the limit of open files, and so of connections, as far as this process may.
    private static func allowManyFiles() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    private static func hostName() -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "unknown" }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
