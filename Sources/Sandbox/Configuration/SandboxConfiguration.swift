/// Everything that can be set about a sandbox before it starts.
public struct SandboxConfiguration: Sendable {
    /// The address to listen on: `127.0.0.1` (default), `::1`, `localhost`, or any other with ``allowsAnyHost``.
    public var host: String
    /// Whether ``host`` may be something else than loopback. Default false: the admin pages ask for no key.
    public var allowsAnyHost: Bool
    /// The port, 0 to 65535; 0 (default): any free port, which `onRunning` reports.
    public var port: Int
    /// The secret key that `Smart-Auth` has to carry; not empty; default `sk_sandbox`.
    public var key: String
    /// Requests that one key may send in a window, 1 or more; default 60, as the vendor's page says; nil: no limit.
    public var rateLimit: Int?
    /// How long a window stays open after its first request; more than zero; default 60 s.
    public var rateWindow: Duration
    /// How far the clock of `X-RateLimit-Reset` is ahead, positive or negative; default zero. The `Date` header comes from a
    /// proxy whose clock is right.
    public var clockOffset: Duration
    /// The wait before each request is looked at; default none.
    public var latency: Latency
    /// The share of sale requests that a fault strikes at random, 0 (default) to 1.
    public var faultRate: Double
    /// The kinds that strike at random, all alike often; default ``FaultKind/doubtful``.
    public var faultKinds: [FaultKind]
    /// How sale requests are treated where the vendor's pages leave it open; default none of them.
    public var habits: Set<Habit>
    /// The prefix of every order reference: the company's id, as the vendor's page says; default `ACME-`, and
    /// empty for references that are the order ids themselves.
    public var referencePrefix: String
    /// What random faults, latencies and generated codes are drawn from. The draw for a request depends on the seed,
    /// its order id and how often that order id came before, not on the order in which requests arrive.
    public var seed: UInt64
    /// Vouchers, payment and delivery methods, site.
    public var catalogue: Catalogue
    /// How many sales, and how many requests, are remembered; 1 or more; default 200,000. The oldest go first;
    /// their codes and references stay taken until a reset.
    public var ledgerCapacity: Int
    /// How many of the newest requests keep their raw body; 0 or more; default 1,000.
    public var rawBodyCapacity: Int
    /// The largest request body read, in bytes; default 8 MiB; a larger one is answered with 413.
    public var largestBody: Int
    /// How long `hang_…` faults wait for the client to go away; default 120 s.
    public var hangBound: Duration
    /// How long `slow_answer` takes for its answer; default 5 s.
    public var slowAnswerDuration: Duration

    /// The vendor's page with its defaults: loopback, a free port, 60 requests in 60 s, no latency, no faults.
    public init(
        host: String = "127.0.0.1",
        allowsAnyHost: Bool = false,
        port: Int = 0,
        key: String = "sk_sandbox",
        rateLimit: Int? = 60,
        rateWindow: Duration = .seconds(60),
        clockOffset: Duration = .zero,
        latency: Latency = .none,
        faultRate: Double = 0,
        faultKinds: [FaultKind] = FaultKind.doubtful,
        habits: Set<Habit> = [],
        referencePrefix: String = "ACME-",
        seed: UInt64 = 1,
        catalogue: Catalogue = .standard,
        ledgerCapacity: Int = 200_000,
        rawBodyCapacity: Int = 1_000,
        largestBody: Int = 8 * 1024 * 1024,
        hangBound: Duration = .seconds(120),
        slowAnswerDuration: Duration = .seconds(5)
    ) {
        self.host = host
        self.allowsAnyHost = allowsAnyHost
        self.port = port
        self.key = key
        self.rateLimit = rateLimit
        self.rateWindow = rateWindow
        self.clockOffset = clockOffset
        self.latency = latency
        self.faultRate = faultRate
        self.faultKinds = faultKinds
        self.habits = habits
        self.referencePrefix = referencePrefix
        self.seed = seed
        self.catalogue = catalogue
        self.ledgerCapacity = ledgerCapacity
        self.rawBodyCapacity = rawBodyCapacity
        self.largestBody = largestBody
        self.hangBound = hangBound
        self.slowAnswerDuration = slowAnswerDuration
    }
}
