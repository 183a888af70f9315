import ArgumentParser

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What `giftbridge-bench` can be told.
struct BenchOptions: ParsableArguments {
    @Option(help: "How often each measurement is repeated, 1 to 100; medians are told.")
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
        var plan = BenchPlan(program: program, worker: giftbridge ?? program.dropLast("-bench".count).description)
        plan.parts = try parts()
        plan.runs = runs
        plan.isQuick = quick
        plan.delays = try Self.numbers(delays ?? (quick ? "0,20" : "0,20,100"), "--delays", 0...60_000).map {
            .milliseconds($0)
        }
        plan.concurrencies = try Self.numbers(
            concurrencies ?? (quick ? "64" : "64,100,256"), "--concurrencies", 1...10_000)
        plan.orders = orders ?? (quick ? 100 : nil)
        plan.rows = rows ?? (quick ? 2000 : 1_000_000)
        plan.databaseURL = databaseUrl
        plan.directory = directory
        plan.serverSettings = serverSettings
        plan.logLevel = workerLogLevel
        plan.ledgerFault = ledgerFault
        plan.peerBurden = .microseconds(peerBurden ?? 0)
        return plan
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
