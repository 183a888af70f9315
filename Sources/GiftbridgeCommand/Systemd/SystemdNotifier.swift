import Giftbridge
import Logging
import ServiceLifecycle

/// Reports the worker's state to systemd: ready, status line, watchdog, stopping.
///
/// For a unit with `Type=notify`. `WATCHDOG=1` depends on the progress of the worker's own loop, not on this task's, so that
/// systemd restarts a worker whose loop hangs. A database that hangs does not count (`Pulse.isSick`).
struct SystemdNotifier: Service {
    private let socket: NotifySocket
    private let worker: Worker
    private let heartbeat: Duration
    /// Half of systemd's watchdog time; nil: there is no watchdog.
    private let watchdog: Duration?
    private let logger: Logger

    /// Nil without `$NOTIFY_SOCKET`.
    ///
    /// - Parameters:
    ///   - environment: The process's: `NOTIFY_SOCKET`, `WATCHDOG_USEC`, `WATCHDOG_PID`.
    ///   - heartbeat: How often the status line is sent.
    init?(environment: [String: String], pid: Int, worker: Worker, heartbeat: Duration, logger: Logger) {
        guard let name = environment["NOTIFY_SOCKET"], !name.isEmpty else { return nil }
        guard let socket = NotifySocket(name) else {
            logger.warning(
                "NOTIFY_SOCKET is not the name of a socket; nothing is reported to systemd.",
                metadata: ["socket": "\(name)"])
            return nil
        }
        self.socket = socket
        self.worker = worker
        self.heartbeat = heartbeat
        self.logger = logger
        // An inherited variable may describe the watchdog of another process.
        let isOurs = environment["WATCHDOG_PID"].map { Int($0) == pid } ?? true
        let period = environment["WATCHDOG_USEC"].flatMap { Int64($0) } ?? 0
        watchdog = isOurs && period > 0 ? .microseconds(period) / 2 : nil
    }

    /// Reports until the worker has stopped.
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

    /// Extends systemd's start timeout until the worker is ready: the worker waits for its database for as long as that takes, and
    /// systemd would end the start after `TimeoutStartSec`.
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
        tell(["STOPPING=1", "STATUS=Draining: \(worker.metrics.counts.inFlight) requests in flight"])
    }

    private func feed() {
        guard watchdog != nil else { return }
        guard !worker.pulse.isSick(heartbeat: heartbeat) else {
            return logger.critical(
                "The worker's loop makes no progress; systemd will restart the worker.",
                metadata: ["seconds": "\(worker.pulse.age.components.seconds)"])
        }
        tell(["WATCHDOG=1"])
    }

    private func tell(_ assignments: [String]) {
        guard let fault = socket.send(assignments) else { return }
        logger.debug("Could not send a message to systemd.", metadata: ["error": "\(fault)"])
    }

    /// `systemctl status` shows it.
    private var status: String {
        let counts = worker.metrics.counts
        let orders = counts.orders
        var parts = [
            "\(orders[.completed] ?? 0) completed", "\((orders[.rejected] ?? 0) + (orders[.failed] ?? 0)) refused",
            "\(orders[.inDoubt] ?? 0) in doubt", "\(counts.inFlight) in flight",
        ]
        if counts.unwritten > 0 { parts.append("\(counts.unwritten) results waiting to be saved") }
        if !counts.isConnected {
            parts.append("no database connection")
        } else if !counts.isListening {
            parts.append("polling, as LISTEN is down")
        }
        return
            "STATUS=\(counts.state.prefix(1).uppercased())\(counts.state.dropFirst()): \(parts.joined(separator: ", "))"
    }
}
