import Logging

/// One session with a PostgreSQL server.
///
/// Several tasks may call at once: commands run one at a time, in the order of the calls. Cancelling a task that waits
/// for its turn takes it out of the queue; cancelling one whose command is under way asks the server to stop it
/// (`PQcancel`), and the call throws `CancellationError` once the server has; the connection stays usable. A command
/// that is done before the request arrives returns as usual.
///
/// When the session is lost or closed, the call under way and all later ones throw ``ConnectionError``. A connection
/// never reconnects: open another one. It is closed with its last reference, or with ``close()``.
///
/// The connection runs on the thread of its ``SocketLoop``, which is also the only one to call libpq; code that runs
/// there too (an actor with the same loop as its executor) reaches it without a change of threads.
public actor Connection {
    /// The loop that the connection runs on.
    public nonisolated let loop: SocketLoop
    /// The server's version, for instance 150018 for 15.18 (`PQserverVersion`).
    public nonisolated let serverVersion: Int
    /// The host that the session is with: a name, an address or a socket's folder (`PQhost`).
    public nonisolated let host: String
    /// The port that the session is with (`PQport`).
    public nonisolated let port: Int
    /// The server process of the session (`PQbackendPID`).
    public nonisolated let backendPID: Int32
    /// What other sessions, or this one, NOTIFY to the channels that this one LISTENs to.
    ///
    /// They come while the connection is idle and between the results of commands, but not during a transaction or a
    /// long command: a server process passes them on when it is idle.
    public nonisolated let notifications: Notifications

    nonisolated let options: ConnectionOptions
    nonisolated let logger: Logger
    let wire: Wire
    var watch: SocketWatch?
    var turns = TurnQueue()
    var exchange: Exchange?
    var prepared: [StatementKey: String] = [:]
    /// Why the connection can no longer be used; `nil`: it can.
    var end: ConnectionError?
    private var lastID: UInt64 = 0

    /// The loop, as the actor's executor.
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
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
    /// - Throws: ``ConnectionError/invalidConninfo(_:)``, ``ConnectionError/cannotConnect(_:)``, or
    ///   `CancellationError` at once when the task is cancelled.
    public static func open(
        _ conninfo: String,
        options: ConnectionOptions = .init(),
        loop: SocketLoop = .shared,
        logger: Logger
    ) async throws -> Connection {
        let parameters = try Conninfo(conninfo).parameters(options)
        let wire = try await Opening(parameters, logger: logger).session(timeout: options.connectTimeout)
        let connection = Connection(wire, options: options, loop: loop, logger: logger)
        await connection.startWatching()
        return connection
    }

    /// Checks a conninfo or URI without connecting. ``ConnectionTarget`` reads one for printing.
    ///
    /// - Throws: ``ConnectionError/invalidConninfo(_:)`` with libpq's message, without what could be a password.
    public static func validate(_ conninfo: String) throws(ConnectionError) {
        _ = try Conninfo(conninfo)
    }

    private init(_ wire: Wire, options: ConnectionOptions, loop: SocketLoop, logger: Logger) {
        self.wire = wire
        self.options = options
        self.loop = loop
        self.logger = logger
        serverVersion = wire.serverVersion
        host = wire.host
        port = wire.port
        backendPID = wire.backendPID
        notifications = Notifications(buffer: NotificationBuffer())
    }

    deinit {
        notifications.buffer.finish()
        guard let watch else { return }
        // Only the loop's thread may take the watch away, and only then may the socket be closed.
        Task(executorPreference: loop) { [loop, wire] in
            loop.remove(watch)
            wire.finish()
        }
    }

    /// Whether the connection is neither closed nor known to be lost.
    public var isOpen: Bool {
        end == nil
    }

    /// Closes the connection at once (`PQfinish`). The call under way and all that wait throw
    /// ``ConnectionError/closed``; the server goes on with a statement under way until it notices. Closing again does
    /// nothing.
    public func close() async {
        finish(.closed)
    }

    func nextID() -> UInt64 {
        lastID += 1
        return lastID
    }
}
