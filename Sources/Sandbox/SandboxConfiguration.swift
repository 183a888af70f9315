/// Everything that can be set about a sandbox before it starts.
package struct SandboxConfiguration: Sendable {
    /// The address to listen on: `127.0.0.1` (default), `::1`, `localhost`, or any other with ``allowsAnyHost``.
    var host: String
    /// Whether ``host`` may be something else than loopback. Default false: the admin pages ask for no key.
    var allowsAnyHost: Bool
    /// The port, 0 to 65535; 0 (default): any free port, which `onRunning` reports.
    var port: Int
    /// The secret key that `Smart-Auth` has to carry; not empty; default `sk_sandbox`.
    var key: String
    /// Requests that one key may send in a window, 1 or more; default 60, as the vendor's page says; nil: no limit.
    var rateLimit: Int?
    /// How long a window stays open after its first request; more than zero; default 60 s.
    var rateWindow: Duration
    /// How far the clock of `X-RateLimit-Reset` is ahead, positive or negative; default zero. The `Date` header comes from a
    /// proxy whose clock is right.
    var clockOffset: Duration
    /// The wait before each request is looked at; default none.
    var latency: Latency
    /// The share of sale requests that a fault strikes at random, 0 (default) to 1.
    var faultRate: Double
    /// The kinds that strike at random, all alike often; default ``FaultKind/doubtful``.
    package var faultKinds: [FaultKind]
    /// How sale requests are treated where the vendor's pages leave it open; default none of them.
    var habits: Set<Habit>
    /// The prefix of every order reference: the company's id, as the vendor's page says; default `ACME-`, and
    /// empty for references that are the order ids themselves.
    var referencePrefix: String
    /// What random faults, latencies and generated codes are drawn from. The draw for a request depends on the seed,
    /// its order id and how often that order id came before, not on the order in which requests arrive.
    var seed: UInt64
    /// Vouchers, payment and delivery methods, site.
    var catalogue: Catalogue
    /// How many sales, and how many requests, are remembered; 1 or more; default 200,000. The oldest go first;
    /// their codes and references stay taken until a reset.
    var ledgerCapacity: Int
    /// How many of the newest requests keep their raw body; 0 or more; default 1,000.
    var rawBodyCapacity: Int
    /// The largest request body read, in bytes; default 8 MiB; a larger one is answered with 413.
    var largestBody: Int
    /// How long `hang_…` faults wait for the client to go away; default 120 s.
    var hangBound: Duration
    /// How long `slow_answer` takes for its answer; default 5 s.
    var slowAnswerDuration: Duration

    /// The vendor's page with its defaults: loopback, a free port, 60 requests in 60 s, no latency, no faults.
    package init(
        host: String = "127.0.0.1",
        allowsAnyHost: Bool = false,
        port: Int = 0,
        key: String = "sk_sandbox",
        rateLimit: Int? = 60,
        rateWindow: Duration = .seconds(60),
        clockOffset: Duration = .zero,
        latency: Latency = .fixed(.zero),
        faultRate: Double = 0,
        faultKinds: [FaultKind] = FaultKind.doubtful,
        habits: Set<Habit> = [],
        referencePrefix: String = "ACME-",
        seed: UInt64 = 1,
        catalogue: Catalogue = Catalogue(),
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

/// Why a sandbox cannot run as it is configured.
package struct SandboxConfigurationError: Error, CustomStringConvertible {
    /// The field of ``SandboxConfiguration``.
    let field: String
    /// What it has to be; never the key.
    let rule: String

    /// One readable line.
    package var description: String { "sandbox: \(field) \(rule)" }
}

extension SandboxConfiguration {
    /// Throws ``SandboxConfigurationError`` for the first field that is out of its range.
    package func validate() throws(SandboxConfigurationError) {
        func require(_ isFulfilled: Bool, _ field: String, _ rule: String) throws(SandboxConfigurationError) {
            if !isFulfilled { throw SandboxConfigurationError(field: field, rule: rule) }
        }
        try require(allowsAnyHost || isLoopback, "host", "must be loopback (127.0.0.1, ::1 or localhost)")
        try require((0...65_535).contains(port), "port", "must be 0 to 65535")
        try require(!key.isEmpty, "key", "must not be empty")
        try require(rateLimit.map { $0 >= 1 } ?? true, "rateLimit", "must be 1 or more, or off")
        try require(rateWindow > .zero, "rateWindow", "must be more than zero")
        try require((0...1).contains(faultRate), "faultRate", "must be 0 to 1")
        try require(faultRate == 0 || !faultKinds.isEmpty, "faultKinds", "must not be empty where faultRate is set")
        try require(Self.isPrefix(referencePrefix), "referencePrefix", Self.prefixRule)
        try require(ledgerCapacity >= 1, "ledgerCapacity", "must be 1 or more")
        try require(rawBodyCapacity >= 0, "rawBodyCapacity", "must be 0 or more")
        try require(largestBody >= 1, "largestBody", "must be 1 or more")
        try require(hangBound >= .zero, "hangBound", "must not be negative")
        try require(slowAnswerDuration >= .zero, "slowAnswerDuration", "must not be negative")
        try require(!latency.isNegative, "latency", "must not be negative")
    }

    /// What a ``referencePrefix`` has to be.
    static let prefixRule = "must be at most 100 characters without control characters"

    static func isPrefix(_ text: String) -> Bool {
        text.count <= 100 && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
    }

    private var isLoopback: Bool {
        if host == "::1" || host == "localhost" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}

/// How long the sandbox takes before it looks at a request, as a vendor far away and busy does.
///
/// The wait comes after rate limit and key and before validation and sale. A client that gives up meanwhile does not
/// stop the sale: like a real server behind a proxy, the sandbox finishes what it has accepted.
package enum Latency: Sendable {
    /// Always the same wait; zero or more.
    case fixed(Duration)
    /// A wait between two bounds, drawn from the seed and the order's id: the same orders wait alike in every run.
    case between(ClosedRange<Duration>)

    /// The wait for one request.
    ///
    /// - Parameter share: where between the bounds, 0 up to but not including 1.
    func wait(share: Double) -> Duration {
        switch self {
        case .fixed(let duration): duration
        case .between(let bounds): bounds.lowerBound + (bounds.upperBound - bounds.lowerBound) * share
        }
    }

    var isNegative: Bool { wait(share: 0) < .zero }
}
