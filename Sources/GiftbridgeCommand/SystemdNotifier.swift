import Giftbridge
import Glibc
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

/// The datagram socket on which systemd receives messages from its services.
///
/// Follows [`sd_notify(3)`](https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html): a path, or a name in the
/// abstract namespace, which begins with `@`. Linking libsystemd for one `sendto` would be too much.
struct NotifySocket: Sendable {
    private let address: [UInt8]

    /// - Parameter name: The value of `$NOTIFY_SOCKET`; nil is returned for a value that is not a socket's name.
    init?(_ name: String) {
        let isAbstract = name.hasPrefix("@")
        var bytes = Array(name.utf8)
        guard bytes.count > 1, isAbstract || name.hasPrefix("/"), !bytes.contains(0) else { return nil }
        if isAbstract { bytes[0] = 0 }
        guard bytes.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path) else { return nil }
        address = bytes
    }

    /// Sends assignments such as `READY=1`, a line each. Never waits.
    ///
    /// - Returns: Nil, or why it was not sent.
    func send(_ assignments: [String]) -> String? {
        let socket = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard socket >= 0 else { return String(cString: strerror(errno)) }
        defer { close(socket) }
        var target = sockaddr_un()
        target.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &target.sun_path) { $0.copyBytes(from: address) }
        // In the abstract namespace the length is part of the name; a NUL behind a path would do no harm.
        let size = MemoryLayout<sa_family_t>.size + address.count
        let message = Array(assignments.joined(separator: "\n").utf8)
        let sent = withUnsafePointer(to: &target) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(socket, message, message.count, Int32(MSG_NOSIGNAL), $0, socklen_t(size))
            }
        }
        return sent == message.count ? nil : String(cString: strerror(errno))
    }
}
