import ArgumentParser
import FoundationEssentials
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
                    try? await Task.sleep(for: every)  // Cancelled: the loop ends.
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
        try await view.value
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

/// The status as text for a terminal.
struct StatusText {
    private let overview: Overview

    init(_ overview: Overview) {
        self.overview = overview
    }

    func lines(_ terminal: Terminal) -> [String] {
        var lines = [terminal.styled("Giftbridge at \(StoryText.clock(overview.at, 0)) UTC", .bold), ""]
        for finding in overview.installation.findings {
            let text = [finding.what, finding.remedy].compactMap(\.self).joined(separator: " ")
            let style: Terminal.Style = finding.level == .fault ? .red : .yellow
            lines += terminal.wrapped(text).map { terminal.styled($0, style) } + [""]
        }
        lines += workers(terminal) + [""] + queues(terminal)
        let waiting = overview.queues.map(\.needsAttention).reduce(0, +)
        lines.append("")
        if waiting == 0 {
            lines.append(terminal.styled("No orders need attention.", .green))
        } else {
            let shown = overview.needsAttention.count
            let more = waiting > shown ? " (newest \(shown) shown)" : ""
            lines.append(
                terminal.styled("\(waiting) \(waiting == 1 ? "order needs" : "orders need") attention\(more)", .bold))
            lines += OrderTable(overview.needsAttention, now: overview.at).lines(terminal)
            lines.append(terminal.styled("For what to do: giftbridge show ID", .dim))
        }
        return lines
    }

    private func workers(_ terminal: Terminal) -> [String] {
        guard !overview.workers.isEmpty else {
            return [terminal.styled("No worker has ever run. Start one with: giftbridge run", .red)]
        }
        var table = TextTable("WORKER", "STATE", ">LAST SEEN", ">SENDING", ">SOLD", ">REFUSED", ">RETRIED", ">IN DOUBT")
        let stopped = overview.workers.count { $0.state == .stopped }
        for worker in overview.workers where worker.state != .stopped {
            let isUp = [.starting, .running, .draining].contains(worker.state)
            var notes: [String] = []
            if isUp, !worker.listening { notes.append("not listening for notifications; polls for new orders") }
            if isUp, let error = worker.lastError, let at = worker.lastErrorAt {
                notes.append("\(BriefDuration(seconds: overview.at.timeIntervalSince(at))) ago: \(error)")
            }
            if worker.state == .dead {
                notes.append(
                    "not responding; its open requests become in_doubt when the lease expires and are then verified")
            }
            table.add(
                .init(worker.worker), .init(worker.state.rawValue, worker.style),
                .init(BriefDuration(seconds: worker.heartbeatSeconds).description), .init("\(worker.inFlight)"),
                .init("\(worker.completed)"), .init("\(worker.rejected)"), .init("\(worker.retried)"),
                .init("\(worker.inDoubt)"), notes: notes)
        }
        var lines = table.rows.isEmpty ? [] : table.lines(terminal)
        if stopped > 0 {
            lines.append(
                terminal.styled("\(stopped) \(stopped == 1 ? "worker" : "workers") stopped in the last week", .dim))
        }
        if !overview.workers.contains(where: { [.starting, .running].contains($0.state) }) {
            lines.append(
                terminal.styled("No worker is running, so nothing is being sent. Start one with: giftbridge run", .red))
        }
        return lines
    }

    private func queues(_ terminal: Terminal) -> [String] {
        var table = TextTable(
            "SHOP", ">PENDING", ">OLDEST", ">ETA", ">QUOTA LEFT", ">SENDING", ">IN DOUBT", ">SOLD/H")
        for queue in overview.queues {
            table.add(
                .init(queue.shop, queue.paused ? .red : nil), .init("\(queue.pending)"),
                .init(queue.oldestPendingSeconds.map { BriefDuration(seconds: $0).description } ?? "–"),
                .init(
                    queue.pending == 0 ? "–" : queue.etaSeconds.map { BriefDuration(seconds: $0).description } ?? "?"),
                .init(queue.allowanceLeft.map { "\($0)" } ?? "∞"), .init("\(queue.submitting)"),
                .init("\(queue.inDoubt)", queue.inDoubt > 0 ? .yellow : nil), .init("\(queue.completedLastHour)"),
                notes: queue.paused ? [pause(queue)] : [])
        }
        return table.lines(terminal)
    }

    private func pause(_ queue: ShopQueue) -> String {
        let reason = queue.pauseReason.map { ": \($0)" } ?? ""
        guard let until = queue.pausedUntil else { return "paused\(reason) · until it is resumed (giftbridge resume)" }
        let wait = until.timeIntervalSince(overview.at)
        return
            "paused\(reason) · the next test order goes out \(wait > 0 ? "in \(BriefDuration(seconds: wait))" : "now")"
    }
}

extension WorkerReport {
    fileprivate var style: Terminal.Style? {
        switch state {
        case .running: .green
        case .dead: .red
        case .starting, .draining: .yellow
        case .stopped: .dim
        }
    }
}
