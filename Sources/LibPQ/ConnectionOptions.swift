/// How a ``Connection`` is opened and watched over, beside what its conninfo says.
public struct ConnectionOptions: Sendable {
    /// How long the whole opening may take: names looked up, every host tried, TLS, authentication. Default: 10 s.
    ///
    /// Also given to libpq as `connect_timeout`, divided by the number of hosts so that a dead first host leaves time
    /// for the next (whole seconds, at least libpq's minimum of 2), unless the conninfo or `PGCONNECT_TIMEOUT` says.
    public var connectTimeout: Duration

    /// How long the socket may be silent while a command waits for its answer; then the server is asked to cancel it, the
    /// connection is closed and the call throws ``ConnectionError/timedOut``. `nil`: for ever. Default: 60 s.
    ///
    /// This is for a server that has vanished. To limit a slow statement set the server's `statement_timeout` to
    /// less, for instance in ``settings``: then only the statement fails.
    public var commandTimeout: Duration?

    /// What `pg_stat_activity` shows when the conninfo has no `application_name`. Default: "giftbridge".
    public var applicationName: String

    /// Server settings for the session, as in `SET name = value`. They win over those of the conninfo, of `PGOPTIONS`, of
    /// the role and of the database: they are sent at the start, in libpq's `options` behind those of the conninfo, or,
    /// where a pooler refuses that, by the first statement. Default: none.
    public var settings: [String: String]

    /// Whether only a server that takes writes will do: of several hosts, standbys and demoted primaries are passed over
    /// (libpq's `target_session_attrs=read-write`, unless the conninfo says). Default: false.
    public var requiresPrimary: Bool

    /// Makes options; what is not given has its default.
    public init(
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
