/// What to measure, and how often.
struct BenchPlan: Sendable {
    /// A part of the benchmark.
    enum Part: String, CaseIterable, Sendable {
        /// What the machine can do without the bridge.
        case limits
        /// How fast a backlog goes out.
        case drain
        /// What it costs that the orders come from many shops.
        case shops
        /// From the shop's commit to the request's arrival.
        case latency
        /// What a worker without work costs.
        case idle
        /// From the worker's start to the first order's request.
        case start
        /// What a claim costs as the tables grow.
        case growth
        /// What the triggers cost the shop.
        case insert
        /// How much of the vendor's allowance is used.
        case allowance
    }

    /// Which parts, in the order of ``Part``.
    var parts: Set<Part> = Set(Part.allCases)
    /// How often each measurement is repeated, 1 to 100; medians are told. Default: 3.
    var runs = 3
    /// Tiny numbers: shows that everything works, measures nothing worth telling. Default: false.
    var isQuick = false
    /// The API's delays for the drain. Default: 0, 20 and 100 ms.
    var delays: [Duration] = [.zero, .milliseconds(20), .milliseconds(100)]
    /// The worker's concurrencies for the drain. Default: 64, 100 and 256.
    var concurrencies = [64, 100, 256]
    /// Orders for a drain; nil: as many as take about three seconds. Default: nil.
    var orders: Int?
    /// Waiting and finished orders each for the growth. Default: a million.
    var rows = 1_000_000
    /// A server on which to make, and later drop, the database `giftbridge_bench`, and for the growth
    /// `giftbridge_bench_second`; nil: a throwaway one. Default: nil.
    var databaseURL: String?
    /// The folder for the throwaway server's data: on the disk to be measured. Default: `/var/tmp`.
    var directory = "/var/tmp"
    /// More settings of the throwaway server, `name=value`; they win over the benchmark's own. Default: none.
    var serverSettings: [String] = []
    /// The worker's `GIFTBRIDGE_LOG_LEVEL`. Default: `info`.
    var logLevel = "info"
    /// This program; its peer and load are processes of their own.
    let program: String
    /// The program `giftbridge`, whose worker is measured.
    let worker: String
    /// A fault of the peer's ledger, for tests of the benchmark's own honesty. Default: none.
    var ledgerFault: String?
    /// How long the peer is busy with each request, for the same tests. Default: zero.
    var peerBurden: Duration = .zero

    /// Makes a plan with the defaults.
    init(program: String, worker: String) {
        self.program = program
        self.worker = worker
    }
}
