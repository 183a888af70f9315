import ArgumentParser
import FoundationEssentials

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

    /// This program; its peer and load are processes of their own.
    let program: String
    /// The program `giftbridge`, whose worker is measured.
    let worker: String
    /// Which parts, in the order of ``Part``.
    let parts: Set<Part>
    /// How often each measurement is repeated, 1 to 100; the report shows medians.
    let runs: Int
    /// Tiny numbers: shows that everything works, measures nothing worth telling.
    let isQuick: Bool
    /// The API's delays for the drain.
    let delays: [Duration]
    /// The worker's concurrencies for the drain.
    let concurrencies: [Int]
    /// Orders for a drain; nil: as many as take about three seconds.
    let orders: Int?
    /// Waiting and finished orders each for the growth.
    let rows: Int
    /// A server on which to make, and later drop, the database `giftbridge_bench`, and for the growth
    /// `giftbridge_bench_second`; nil: a throwaway one.
    let databaseURL: String?
    /// The folder for the throwaway server's data: on the disk to be measured.
    let directory: String
    /// More settings of the throwaway server, `name=value`; they win over the benchmark's own.
    let serverSettings: [String]
    /// The worker's `GIFTBRIDGE_LOG_LEVEL`.
    let logLevel: String
    /// A fault of the peer's ledger, for tests of the benchmark's own honesty.
    let ledgerFault: String?
    /// How long the peer is busy with each request, for the same tests.
    let peerBurden: Duration
}

/// What `giftbridge-bench` can be told.
struct BenchOptions: ParsableArguments {
    @Option(help: "How often each measurement is repeated, 1 to 100; the report shows medians.")
    var runs = 3

    @Option(
        help: ArgumentHelp(
            """
            Parts, with commas between them: \(BenchPlan.Part.allCases.map(\.rawValue).joined(separator: ", ")). \
            (default: all)
            """, valueName: "parts"))
    var only: String?

    @Flag(help: "Tiny numbers: shows that it works, measures nothing worth telling.")
    var quick = false

    @Option(help: "The API's delays for the drain, in milliseconds. (default: 0,20,100; with --quick 0,20)")
    var delays: String?

    @Option(help: "The worker's concurrencies for the drain. (default: 64,100,256; with --quick 64)")
    var concurrencies: String?

    @Option(help: "Orders for a drain. (default: as many as take about three seconds)")
    var orders: Int?

    @Option(help: "Finished and waiting orders each for the part growth. (default: 1000000; with --quick 2000)")
    var rows: Int?

    @Option(
        help: """
            A server on which to make the database giftbridge_bench (for growth giftbridge_bench_second too), and drop it at \
            the end: any libpq URI or conninfo of a role that may. (default: a throwaway server)
            """)
    var databaseUrl: String?

    @Option(help: "The folder for the throwaway server: on the disk to be measured.")
    var directory = "/var/tmp"

    @Option(
        name: .customLong("server-setting"),
        help: "A setting of the throwaway server, name=value; repeatable, for instance wal_compression=on.")
    var serverSettings: [String] = []

    @Option(help: "The program giftbridge to measure. (default: the one beside this program)")
    var giftbridge: String?

    @Option(help: "The worker's log level; its log goes to a file.")
    var workerLogLevel = "info"

    @Option(help: .hidden)
    var ledgerFault: String?

    @Option(help: .hidden)
    var peerBurden: Int?

    func validate() throws {
        guard (1...100).contains(runs) else { throw ValidationError("--runs must be 1 to 100") }
        guard orders.map({ $0 > 0 }) ?? true else { throw ValidationError("--orders must be 1 or more") }
        guard rows.map({ $0 > 0 }) ?? true else { throw ValidationError("--rows must be 1 or more") }
        guard directory.hasPrefix("/") else { throw ValidationError("--directory must begin with /") }
        let worker = try plan().worker
        guard FileManager.default.isExecutableFile(atPath: worker) else {
            throw ValidationError("--giftbridge: there is no program \(worker)")
        }
    }

    func plan() throws -> BenchPlan {
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return BenchPlan(
            program: program, worker: giftbridge ?? program.dropLast("-bench".count).description, parts: try parts(),
            runs: runs, isQuick: quick,
            delays: try Self.numbers(delays ?? (quick ? "0,20" : "0,20,100"), "--delays", 0...60_000).map {
                .milliseconds($0)
            },
            concurrencies: try Self.numbers(
                concurrencies ?? (quick ? "64" : "64,100,256"), "--concurrencies", 1...10_000),
            orders: orders ?? (quick ? 100 : nil), rows: rows ?? (quick ? 2000 : 1_000_000), databaseURL: databaseUrl,
            directory: directory, serverSettings: serverSettings, logLevel: workerLogLevel, ledgerFault: ledgerFault,
            peerBurden: .microseconds(peerBurden ?? 0))
    }

    private func parts() throws -> Set<BenchPlan.Part> {
        guard let only else { return Set(BenchPlan.Part.allCases) }
        return Set(
            try only.split(separator: ",").map { name in
                guard let part = BenchPlan.Part(rawValue: String(name)) else {
                    throw ValidationError("--only: there is no part '\(name)'")
                }
                return part
            })
    }

    private static func numbers(_ text: String, _ option: String, _ range: ClosedRange<Int>) throws -> [Int] {
        try text.split(separator: ",").map { word in
            guard let number = Int(word), range.contains(number) else {
                throw ValidationError(
                    "\(option): '\(word)' is no number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }
    }
}
