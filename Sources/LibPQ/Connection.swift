import Logging

/// One session with a PostgreSQL server.
///
/// It is for one user. Commands run one at a time, in the order of the calls; a call that comes while another is under way
/// waits. When the session is lost or closed, the call under way and all later ones throw ``ConnectionError``. A connection
/// never reconnects: open another one. It is closed with its last reference, or with ``close(cancelling:)``.
///
/// Where a task is cancelled while its command is under way, or ``ConnectionOptions/commandTimeout`` passes, the server is
/// asked to stop the command (`PQcancel`, on a thread of its own, for 5 seconds at most), then the connection is closed, and
/// then the call throws `CancellationError` or ``ConnectionError/timedOut``. A command whose turn has not come is not sent.
///
/// The connection runs on the thread of its ``SocketLoop``, which is also the only one to call libpq; code that runs
/// there too (an actor with the same loop as its executor) reaches it without a change of threads.
package actor Connection {
    /// The loop that the connection runs on.
    package nonisolated let loop: SocketLoop
    /// The server's version, for instance 150018 for 15.18 (`PQserverVersion`).
    package nonisolated let serverVersion: Int
    /// The host that the session is with: a name, an address or a socket's folder (`PQhost`).
    package nonisolated let host: String
    /// The port that the session is with (`PQport`).
    package nonisolated let port: Int
    /// The server process of the session (`PQbackendPID`).
    package nonisolated let backendPID: Int32

    nonisolated let options: ConnectionOptions
    nonisolated let logger: Logger
    nonisolated let onNotify: @Sendable (Notification) -> Void
    nonisolated let onEnd: @Sendable () -> Void
    let wire: Wire
    var watch: SocketWatch?
    /// What waits for its turn; the first is under way.
    var commands: [Command] = []
    /// The command that is under way.
    var exchange: Exchange?
    var prepared: [StatementKey: String] = [:]
    /// Why the connection can no longer be used; `nil`: it can.
    var end: ConnectionError?
    /// Numbers the prepared statements.
    var lastName: UInt64 = 0

    /// The loop, as the actor's executor.
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        loop.asUnownedSerialExecutor()
    }

    /// Opens a session.
    ///
    /// - Parameters:
    ///   - conninfo: a URI (`postgresql://…`) or keywords and values, as
    ///     [libpq reads them](https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-CONNSTRING); what it leaves
    ///     out comes from the `PG…` environment variables. It may name several hosts.
    ///   - options: time limits and settings.
    ///   - loop: the thread to run on.
    ///   - logger: gets the server's notices.
    ///   - onNotify: called with what other sessions, or this one, NOTIFY to the channels that this one LISTENs to. That
    ///     comes while the connection is idle and between commands, but not during a transaction or a long command: a
    ///     server process passes it on when it is idle. On the loop's thread: it must not block.
    ///   - onEnd: called once, when the connection is closed or lost, as `onNotify` is.
    /// - Throws: ``ConnectionError/invalidConninfo(_:)``, ``ConnectionError/cannotConnect(_:)``, or
    ///   `CancellationError` at once when the task is cancelled.
    package static func open(
        _ conninfo: String,
        options: ConnectionOptions = .init(),
        loop: SocketLoop = .shared,
        logger: Logger,
        onNotify: @escaping @Sendable (Notification) -> Void = { _ in },
        onEnd: @escaping @Sendable () -> Void = {}
    ) async throws -> Connection {
        let conninfo = try Conninfo(conninfo)
        let deadline = ContinuousClock.now + options.connectTimeout
        var isSettled = true
        let wire: Wire
        do {
            wire = try await Opening(conninfo.parameters(options), logger: logger).session(until: deadline)
        } catch ConnectionError.cannotConnect(let reason) where options.isRefused(reason) {
            isSettled = false
            let bare = conninfo.parameters(options, withSettings: false)
            wire = try await Opening(bare, logger: logger).session(until: deadline)
        }
        let connection = Connection(
            wire, options: options, loop: loop, logger: logger, onNotify: onNotify, onEnd: onEnd)
        await connection.startWatching()
        if !isSettled { try await connection.set(options.settings) }
        return connection
    }

    /// Checks a conninfo or URI without connecting. ``ConnectionTarget`` reads one for printing.
    ///
    /// - Throws: ``ConnectionError/invalidConninfo(_:)`` with libpq's message, without what could be a password.
    package static func validate(_ conninfo: String) throws(ConnectionError) {
        _ = try Conninfo(conninfo)
    }

    private init(
        _ wire: Wire, options: ConnectionOptions, loop: SocketLoop, logger: Logger,
        onNotify: @escaping @Sendable (Notification) -> Void, onEnd: @escaping @Sendable () -> Void
    ) {
        self.wire = wire
        self.options = options
        self.loop = loop
        self.logger = logger
        self.onNotify = onNotify
        self.onEnd = onEnd
        serverVersion = wire.serverVersion
        host = wire.host
        port = wire.port
        backendPID = wire.backendPID
    }

    deinit {
        guard let watch else { return }
        // Only the loop's thread may take the watch away, and only then may the socket be closed.
        Task(executorPreference: loop) { [loop, wire, onEnd] in
            loop.remove(watch)
            wire.finish()
            onEnd()
        }
    }

    /// Whether the connection is neither closed nor known to be lost.
    package var isOpen: Bool {
        end == nil
    }

    /// The session's settings by a statement, behind a pooler that takes none at the start.
    private func set(_ settings: [String: String]) async throws {
        let sorted = settings.sorted { $0.key < $1.key }
        let calls = sorted.indices.map { "pg_catalog.set_config($\(2 * $0 + 1), $\(2 * $0 + 2), false)" }
        do {
            try await query(
                "SELECT " + calls.joined(separator: ", "), sorted.flatMap { [.text($0.key), .text($0.value)] })
        } catch let error as ServerError {
            throw finish(.cannotConnect("a setting of the session is refused: \(error)"))
        }
    }
}

/// How a ``Connection`` is opened and watched over, beside what its conninfo says.
package struct ConnectionOptions: Sendable {
    /// How long the whole opening may take: names looked up, every host tried, TLS, authentication. Default: 10 s.
    ///
    /// Also given to libpq as `connect_timeout`, divided by the number of hosts so that a dead first host leaves time
    /// for the next (whole seconds, at least libpq's minimum of 2), unless the conninfo or `PGCONNECT_TIMEOUT` says.
    package var connectTimeout: Duration

    /// How long the socket may be silent while a command waits for its answer; then the server is asked to cancel it, the
    /// connection is closed and the call throws ``ConnectionError/timedOut``. `nil`: for ever. Default: 60 s.
    ///
    /// This is for a server that has vanished. To limit a slow statement set the server's `statement_timeout` to
    /// less, for instance in ``settings``: then only the statement fails.
    package var commandTimeout: Duration?

    /// What `pg_stat_activity` shows when the conninfo has no `application_name`. Default: "giftbridge".
    package var applicationName: String

    /// Server settings for the session, as in `SET name = value`. They win over those of the conninfo, of `PGOPTIONS`, of
    /// the role and of the database: they are sent at the start, in libpq's `options` behind those of the conninfo, or,
    /// where a pooler refuses that, by the first statement. Default: none.
    package var settings: [String: String]

    /// Whether only a server that takes writes will do: of several hosts, standbys and demoted primaries are passed over
    /// (libpq's `target_session_attrs=read-write`, unless the conninfo says). Default: false.
    package var requiresPrimary: Bool

    /// Makes options; what is not given has its default.
    package init(
        connectTimeout: Duration = .seconds(10),
        commandTimeout: Duration? = .seconds(60),
        applicationName: String = "giftbridge",
        settings: [String: String] = [:],
        requiresPrimary: Bool = false
    ) {
        self.connectTimeout = connectTimeout
        self.commandTimeout = commandTimeout
        self.applicationName = applicationName
        self.settings = settings
        self.requiresPrimary = requiresPrimary
    }
}

/// One NOTIFY that a session received because it LISTENs.
///
/// Follows [`PQnotifies`](https://www.postgresql.org/docs/15/libpq-notify.html).
package struct Notification: Sendable, Hashable {
    /// The channel's name.
    package var channel: String
    /// What the NOTIFY carried; empty if nothing. Below 8000 bytes.
    package var payload: String
    /// The process that sent it; compare ``Connection/backendPID`` to recognise one's own.
    package var backendPID: Int32

    /// Makes a notification.
    package init(channel: String, payload: String, backendPID: Int32) {
        self.channel = channel
        self.payload = payload
        self.backendPID = backendPID
    }
}
