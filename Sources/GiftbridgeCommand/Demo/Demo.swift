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
