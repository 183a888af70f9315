import ArgumentParser
import Giftbridge
import LibPQ
import LocalPostgres
import Logging
import Sandbox
import ServiceLifecycle
import UnixSignals

/// `giftbridge demo`: all parts together on a temporary PostgreSQL.
struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "See Giftbridge work: a temporary PostgreSQL, a simulated vendor, a worker and a small shop.",
        discussion: """
            Processes a few dozen orders, shows each result, and ends automatically with a summary. All is removed at the end.

            Exit status: 0 if all results are as expected; 1 if not.
            """
    )

    @Flag(help: "Keep everything running until Ctrl-C, so that you can use psql and insert your own orders.")
    var stay = false

    @Flag(help: "Also show the log of worker and sandbox, on standard error.")
    var verbose = false

    func run() async throws {
        let screen = DemoScreen.standard
        let logger =
            verbose
            ? try LogOptions.parse(["--log-format", "text"]).logger()
            : Logger(label: "demo") { _ in SwiftLogNoOpLogHandler() }
        screen.title("Giftbridge \(GiftbridgeCommand.version): gift voucher orders, from one INSERT to voucher codes")
        let show = Task { try await play(on: screen, logger: logger) }
        // Ctrl-C and SIGTERM cancel the demo, which then cleans up.
        let signals = Task {
            for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { show.cancel() }
        }
        defer { signals.cancel() }
        let isGood: Bool
        do {
            isGood = try await show.value
        } catch is CancellationError {
            screen.line("Stopped. Everything was removed.")
            if stay { return }
            throw ExitCode(ExitStatus.failed.rawValue)
        }
        if !isGood { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    /// Runs everything from the server's start to its end.
    ///
    /// - Returns: Whether all results are as expected.
    private func play(on screen: DemoScreen, logger: Logger) async throws -> Bool {
        try await LocalPostgres.run { [stay] postgres in
            screen.step("PostgreSQL, removed at the end", postgres.directory)
            return try await DemoHouse(postgres: postgres, screen: screen, logger: logger).open { house in
                let isGood = try await DemoShop(house: house, screen: screen).play()
                screen.lookAround(house, isStaying: stay)
                if stay { try await Task.sleep(for: .seconds(7 * 86_400)) }
                return isGood
            }
        }
    }
}

/// Sandbox, schema and worker on a temporary PostgreSQL: the parts of a real installation, in one process.
struct DemoHouse: Sendable {
    let postgres: LocalPostgres
    let screen: DemoScreen
    let logger: Logger

    /// What is running, and where the shop and the user of the demo reach it.
    struct Open: Sendable {
        let conninfo: String
        let directory: String
        let sandbox: SandboxServer
        let sandboxURL: String
    }

    /// Runs all parts for as long as `body` runs, and then drains the worker.
    func open<Value: Sendable>(_ body: @Sendable @escaping (Open) async throws -> Value) async throws -> Value {
        let conninfo = postgres.conninfo()
        // Answers as slowly as a vendor over the internet, and loses the answer to order 100020 after the sale.
        let (ports, port) = AsyncStream<Int>.makeStream()
        let sandbox = SandboxServer(
            configuration: SandboxConfiguration(latency: .between(.milliseconds(20)...(.milliseconds(60)))),
            logger: logger
        ) { number in
            port.yield(number)
            port.finish()
        }
        sandbox.queueFault(.closeAfter, orderID: DemoOrder.lostAnswer)

        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: [.init(service: sandbox)], logger: logger))
        return try await withThrowingTaskGroup(of: Void.self) { services in
            services.addTask { try await group.run() }
            guard let number = await ports.first(where: { _ in true }) else { throw CancellationError() }
            let url = "http://127.0.0.1:\(number)"
            screen.step("Simulated Smart Gift (the sandbox)", url)

            let connection = try await Connection.open(conninfo, logger: logger)
            _ = try await Schema.migrate(connection)
            _ = try await connection.query(SQL.Demo.shop)
            await connection.close()
            screen.step("Schema giftbridge", "version \(Schema.version), installed as by giftbridge migrate")

            let configuration = try BridgeConfiguration(
                environment: [
                    "GIFTBRIDGE_DATABASE_URL": conninfo, "GIFTBRIDGE_API_URL": url, "GIFTBRIDGE_API_KEY": "sk_sandbox",
                    "GIFTBRIDGE_REQUEST_TIMEOUT": "1500ms", "GIFTBRIDGE_VERIFY_AFTER": "2s",
                ])
            let worker = Worker(
                configuration: configuration, name: "demo", host: "localhost", pid: 0,
                version: GiftbridgeCommand.version, logger: logger)
            await group.addServiceUnlessShutdown(.init(service: worker))
            screen.step("Worker", "started as by giftbridge run")

            let value: Result<Value, any Error>
            do {
                value = .success(
                    try await body(
                        Open(conninfo: conninfo, directory: postgres.directory, sandbox: sandbox, sandboxURL: url)))
            } catch {
                value = .failure(error)
            }
            await group.triggerGracefulShutdown()
            try await services.waitForAll()
            return try value.get()
        }
    }
}
