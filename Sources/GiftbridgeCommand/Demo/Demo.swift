import ArgumentParser
import Giftbridge
import LibPQ
import LocalPostgres
import Logging
import Sandbox
import ServiceLifecycle
import UnixSignals

/// `giftbridge demo`: everything at once on a throwaway PostgreSQL.
struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "See it work: a throwaway PostgreSQL, the sandbox vendor, the worker and a small shop.",
        discussion: """
            Plays a few dozen orders, shows what becomes of each, and ends by itself with a summary. Nothing is left behind.

            Exit status: 0 if everything came out as it should; 1 if not.
            """
    )

    @Flag(help: "Keep everything running until Ctrl-C, to look around with psql and to insert orders of your own.")
    var stay = false

    @Flag(help: "Show the log of worker and sandbox too, on standard error.")
    var verbose = false

    func run() async throws {
        let screen = DemoScreen.standard
        let logger =
            verbose
            ? try LogOptions.parse(["--log-format", "text"]).logger()
            : Logger(label: "demo") { _ in SwiftLogNoOpLogHandler() }
        screen.title("Giftbridge \(GiftbridgeCommand.version): gift voucher orders, from one INSERT to voucher codes")
        let show = Task { try await play(on: screen, logger: logger) }
        // Ctrl-C and SIGTERM cancel it, and it cleans up.
        let signals = Task {
            for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { show.cancel() }
        }
        defer { signals.cancel() }
        let isGood: Bool
        do {
            isGood = try await show.value
        } catch is CancellationError {
            screen.line("Stopped. Everything is removed.")
            if stay { return }
            throw ExitCode(ExitStatus.failed.rawValue)
        }
        if !isGood { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    /// Everything from the server's start to its end.
    ///
    /// - Returns: Whether everything came out as it should.
    private func play(on screen: DemoScreen, logger: Logger) async throws -> Bool {
        try await LocalPostgres.run { [stay] postgres in
            screen.step("PostgreSQL, thrown away at the end", postgres.directory)
            return try await DemoHouse(postgres: postgres, screen: screen, logger: logger).open { house in
                let isGood = try await DemoShop(house: house, screen: screen).play()
                screen.lookAround(house, isStaying: stay)
                if stay { try await Task.sleep(for: .seconds(7 * 86_400)) }
                return isGood
            }
        }
    }
}
