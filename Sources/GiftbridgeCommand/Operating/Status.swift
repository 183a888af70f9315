import ArgumentParser
import Giftbridge
import LibPQ
import UnixSignals

/// `giftbridge status`: how things are.
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show workers, queues and what needs a person.",
        discussion: """
            A worker without a heartbeat for a minute is dead. ETA: until what is due now has been answered; ? where nobody \
            can know. Exit status: 0, however things are; giftbridge check finds faults.
            """)

    @OptionGroup var database: DatabaseOptions
    @Flag(help: "Go on showing it, until Ctrl-C.") var watch = false
    @Option(help: "With --watch: how often.", transform: parseDuration) var every: Duration = .seconds(2)
    @Flag(help: "As JSON; with --watch one object after the other.") var json = false

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
                    // It was there: it will be again.
                    screen.show(["\(error)", "", "Trying again."])
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
