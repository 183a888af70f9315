import Giftbridge

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// How things are, for a person at a terminal.
struct StatusText {
    private let overview: Overview

    init(_ overview: Overview) {
        self.overview = overview
    }

    func lines(_ terminal: Terminal) -> [String] {
        var lines = [terminal.styled("Giftbridge at \(StoryText.clock(overview.at, 0)) UTC", .bold), ""]
        lines += workers(terminal) + [""] + queues(terminal)
        let waiting = overview.queues.map(\.needsAttention).reduce(0, +)
        lines.append("")
        if waiting == 0 {
            lines.append(terminal.styled("Nothing needs a person.", .green))
        } else {
            let more = waiting > overview.needsAttention.count ? ", the newest \(overview.needsAttention.count)" : ""
            lines.append(terminal.styled("Needs a person: \(waiting)\(more)", .bold))
            lines += OrderTable(overview.needsAttention, now: overview.at).lines(terminal)
            lines.append(terminal.styled("giftbridge show ID says what to do.", .dim))
        }
        return lines
    }

    private func workers(_ terminal: Terminal) -> [String] {
        guard !overview.workers.isEmpty else {
            return [terminal.styled("No worker has ever run: giftbridge run starts one.", .red)]
        }
        var table = TextTable("WORKER", "STATE", ">HEARD", ">IN AIR", ">SOLD", ">REFUSED", ">AGAIN", ">DOUBT")
        let stopped = overview.workers.count { $0.state == .stopped }
        for worker in overview.workers where worker.state != .stopped {
            let isUp = [.starting, .running, .draining].contains(worker.state)
            var notes: [String] = []
            if isUp, !worker.listening { notes.append("not listening: orders are found by polling") }
            if isUp, let error = worker.lastError, let at = worker.lastErrorAt {
                notes.append("\(BriefDuration(seconds: overview.at.timeIntervalSince(at))) ago: \(error)")
            }
            if worker.state == .dead {
                notes.append("no sign of life: what it had in the air becomes in_doubt with its lease, and is verified")
            }
            table.add(
                .init(worker.worker), .init(worker.state.rawValue, worker.style),
                .init(BriefDuration(seconds: worker.heartbeatSeconds).description), .init("\(worker.inFlight)"),
                .init("\(worker.completed)"), .init("\(worker.rejected)"), .init("\(worker.retried)"),
                .init("\(worker.inDoubt)"), notes: notes)
        }
        var lines = table.rows.isEmpty ? [] : table.lines(terminal)
        if stopped > 0 { lines.append(terminal.styled("\(stopped) stopped in the last week", .dim)) }
        if !overview.workers.contains(where: { [.starting, .running].contains($0.state) }) {
            lines.append(terminal.styled("No worker runs: nothing is sent. giftbridge run starts one.", .red))
        }
        return lines
    }

    private func queues(_ terminal: Terminal) -> [String] {
        var table = TextTable(
            "SHOP", ">PENDING", ">OLDEST", ">ETA", ">LEFT", ">IN AIR", ">DOUBT", ">SOLD/H")
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
        guard let until = queue.pausedUntil else { return "paused\(reason) · until giftbridge resume" }
        let wait = until.timeIntervalSince(overview.at)
        return "paused\(reason) · one order tries again \(wait > 0 ? "in \(BriefDuration(seconds: wait))" : "now")"
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
