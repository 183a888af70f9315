/// What to measure, and how often.
public struct BenchPlan: Sendable {
    /// A part of the benchmark.
    public enum Part: String, CaseIterable, Sendable {
        case limits, drain
    }

    /// Which parts, in the order of ``Part``.
    public var parts: [Part]
    /// How often each measurement is repeated, 1 or more; medians are told.
    public var runs: Int
    /// Tiny numbers: shows that it works, measures nothing worth telling.
    public var isQuick: Bool
    /// The API's delays for the drain.
    public var delays: [Duration]
    /// The worker's concurrencies for the drain.
    public var concurrencies: [Int]
    /// Orders for a drain; nil: as many as take about three seconds.
    public var orders: Int?
    /// A server on which to make the database `giftbridge_bench`; nil: a throwaway one.
    public var databaseURL: String?
    /// The folder for the throwaway server's data: on the disk to be measured.
    public var directory: String
    /// More settings of the throwaway server, `name=value`; they win over the benchmark's own.
    public var serverSettings: [String]
    /// The worker's `GIFTBRIDGE_LOG_LEVEL`.
    public var logLevel: String
    /// The program `giftbridge`.
    public var executable: String
    /// A fault of the peer's ledger, for tests of the benchmark's own honesty.
    public var ledgerFault: String?

    /// Makes a plan.
    public init(
        parts: [Part], runs: Int, isQuick: Bool, delays: [Duration], concurrencies: [Int], orders: Int?,
        databaseURL: String?, directory: String, serverSettings: [String], logLevel: String, executable: String, ledgerFault: String?
    ) {
        self.parts = parts
        self.runs = runs
        self.isQuick = isQuick
        self.delays = delays
        self.concurrencies = concurrencies
        self.orders = orders
        self.databaseURL = databaseURL
        self.directory = directory
        self.serverSettings = serverSettings
        self.logLevel = logLevel
        self.executable = executable
        self.ledgerFault = ledgerFault
    }
}
