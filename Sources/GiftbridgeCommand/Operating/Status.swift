import ArgumentParser
import Giftbridge
import LibPQ
import UnixSignals

/// `giftbridge status`: workers, queues, and orders that need attention.
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show workers, queues and orders that need attention.",
        discussion: """
            A worker that has sent no heartbeat for a minute is shown as dead. ETA: estimated time to clear the orders due now; ? \
            if unknown. QUOTA LEFT: requests that the rate limit allows now; ∞ without a limit. Always exits with 0 if the database \
            can be reached; use giftbridge check to find faults.
            """)

    @OptionGroup var database: DatabaseOptions
    @Flag(help: "Refresh the display until Ctrl-C.") var watch = false
    @Option(help: "With --watch: time between refreshes.", transform: parseDuration) var every: Duration = .seconds(2)
    @Flag(help: "Print JSON; with --watch one object after the other.") var json = false

    func validate() throws {
        guard every >= .milliseconds(100) else { throw ValidationError("--every must be at least 100ms") }
    }

    func run() async throws {
        guard watch else { return try await show() }
        let terminal = Terminal.standard
        let screen = WatchScreen(isTerminal: terminal.width != nil && !json)
        let view = Task {
            var isFirst = true
            while !Task.isCancelled {
                do {
                    try await database.session("status") { connection in
                        while !Task.isCancelled {
                            screen.show(try await text(OperatorDesk(connection)))
                            isFirst = false
                            try await Task.sleep(for: every)
                        }
                    }
                } catch is CancellationError {
                    return
                } catch let error where !isFirst && ExitStatus(error) == .unavailable {
                    // The database was reachable before, so this is expected to pass.
                    screen.show(["\(error)", "", "Retrying."])
                    try await Task.sleep(for: every)
                }
            }
        }
        let signals = Task {
            for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { view.cancel() }
        }
        defer {
            signals.cancel()
            screen.close()
        }
        do { try await view.value } catch is CancellationError {}
    }

    private func show() async throws {
        let lines = try await database.session("status") { try await text(OperatorDesk($0)) }
        for line in lines { print(line) }
    }

    private func text(_ desk: OperatorDesk) async throws -> [String] {
        let overview = try await desk.overview()
        return json ? [try OperatorJSON.text(overview)] : StatusText(overview).lines(.standard)
    }
}
