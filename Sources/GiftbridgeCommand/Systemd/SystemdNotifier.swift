import Giftbridge
import Logging
import ServiceLifecycle

/// Tells systemd how the worker is: ready, what it does, that it lives, that it stops.
///
/// For a unit with `Type=notify`. `WATCHDOG=1` is fed by the progress of the worker's own loop, not by this task's: a loop that
/// hangs is ended and restarted. A database that hangs is no reason (`Pulse.isSick`).
struct SystemdNotifier: Service {
    private let socket: NotifySocket
    private let worker: Worker
    private let heartbeat: Duration
    /// Half of what systemd waits for; nil: it does not watch.
    private let watchdog: Duration?
    private let logger: Logger

    /// Nil where nobody listens: no `$NOTIFY_SOCKET`.
    ///
    /// - Parameters:
    ///   - environment: The process's: `NOTIFY_SOCKET`, `WATCHDOG_USEC`, `WATCHDOG_PID`.
    ///   - heartbeat: How often the status line is told.
    init?(environment: [String: String], pid: Int, worker: Worker, heartbeat: Duration, logger: Logger) {
        guard let name = environment["NOTIFY_SOCKET"], !name.isEmpty else { return nil }
        guard let socket = NotifySocket(name) else {
            logger.warning("NOTIFY_SOCKET names no socket: systemd is told nothing.", metadata: ["socket": "\(name)"])
            return nil
        }
        self.socket = socket
        self.worker = worker
        self.heartbeat = heartbeat
        self.logger = logger
        // Another process's watchdog, where the variable was inherited.
        let isOurs = environment["WATCHDOG_PID"].map { Int($0) == pid } ?? true
        let period = environment["WATCHDOG_USEC"].flatMap { Int64($0) } ?? 0
        watchdog = isOurs && period > 0 ? .microseconds(period) / 2 : nil
    }

    /// Tells until the worker has stopped.
    func run() async {
        await untilReady()
        guard !Task.isCancelled, !Task.isShuttingDownGracefully else { return }
        tell(["READY=1", status])
        let period = min(heartbeat, watchdog ?? heartbeat)
        var statusAt = ContinuousClock.now + heartbeat
        while !Task.isCancelled, !Task.isShuttingDownGracefully {
            feed()
            // Cancelled or shut down: the loop's condition sees it.
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: period) }
            guard statusAt <= .now else { continue }
            statusAt = .now + heartbeat
            tell([status])
        }
    }

    /// Asks systemd for patience until the worker is ready: it waits for its database for as long as that takes, and systemd
    /// would end the start after `TimeoutStartSec`.
    private func untilReady() async {
        let patience = Int64(max(heartbeat * 3, .seconds(30)) / .microseconds(1))
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await cancelWhenGracefulShutdown { await worker.metrics.untilReady() } }
            group.addTask {
                // Cancelled: it is ready, or ends.
                while (try? await Task.sleep(for: heartbeat)) != nil {
                    tell(["STATUS=Starting: waiting for the database", "EXTEND_TIMEOUT_USEC=\(patience)"])
                }
            }
            await group.next()
            group.cancelAll()
        }
    }

    /// The drain begins.
    func stopping() {
        tell(["STOPPING=1", "STATUS=Draining: \(worker.metrics.counts.inFlight) requests in the air"])
    }

    private func feed() {
        guard watchdog != nil else { return }
        guard !worker.pulse.isSick(heartbeat: heartbeat) else {
            return logger.critical(
                "The worker's loop makes no progress: systemd's watchdog is not fed.",
                metadata: ["seconds": "\(worker.pulse.age.components.seconds)"])
        }
        tell(["WATCHDOG=1"])
    }

    private func tell(_ assignments: [String]) {
        guard let fault = socket.send(assignments) else { return }
        logger.debug("systemd could not be told.", metadata: ["error": "\(fault)"])
    }

    /// `systemctl status` shows it.
    private var status: String {
        let counts = worker.metrics.counts
        let orders = counts.orders
        var parts = [
            "\(orders[.completed] ?? 0) completed", "\((orders[.rejected] ?? 0) + (orders[.failed] ?? 0)) refused",
            "\(orders[.inDoubt] ?? 0) in doubt", "\(counts.inFlight) in the air",
        ]
        if counts.unwritten > 0 { parts.append("\(counts.unwritten) results to be written") }
        if !counts.isConnected {
            parts.append("the database is away")
        } else if !counts.isListening {
            parts.append("not listening, polling")
        }
        return
            "STATUS=\(counts.state.prefix(1).uppercased())\(counts.state.dropFirst()): \(parts.joined(separator: ", "))"
    }
}
