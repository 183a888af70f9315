import ArgumentParser
import Bench

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// `giftbridge bench`: the benchmark.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure this machine: drain rate, latency, CPU, memory, and what bounds them.",
        discussion: """
            Starts a throwaway PostgreSQL with durable settings, an HTTP peer that answers every sale with a receipt, and \
            `giftbridge run`, each in a process of its own. After each run every row is compared with the peer's ledger.

            Exit status: 0 if all figures can be believed; 1 if not.
            """,
        subcommands: [BenchPeerCommand.self, BenchLoadCommand.self])

    @Option(help: "How often each measurement is repeated; medians are told.")
    var runs = 3

    @Option(
        help:
            "Parts, with commas between them: \(BenchPlan.Part.allCases.map(\.rawValue).joined(separator: ", ")). [default: all]"
    )
    var only: String?

    @Flag(help: "Tiny numbers: shows that it works, measures nothing worth telling.")
    var quick = false

    @Option(help: "The API's delays for the drain, in milliseconds.")
    var delays = "0,20,100"

    @Option(help: "The worker's concurrencies for the drain.")
    var concurrencies = "64,100,256"

    @Option(help: "Orders for a drain. [default: as many as take about three seconds]")
    var orders: Int?

    @Option(help: "Where to make the throwaway server: a folder on the disk to be measured.")
    var directory = "/var/tmp"

    @Option(
        name: .customLong("server-setting"),
        help: "A setting of the throwaway server, name=value; repeatable, for instance wal_compression=on.")
    var serverSettings: [String] = []

    @Option(help: "The worker's log level; its log goes to a file.")
    var workerLogLevel = "info"

    @Option(help: .hidden)
    var ledgerFault: String?

    func run() async throws {
        let plan = BenchPlan(
            parts: try parts(), runs: runs, isQuick: quick,
            delays: try Self.numbers(delays, "--delays").map { .milliseconds($0) },
            concurrencies: try Self.numbers(concurrencies, "--concurrencies"), orders: orders ?? (quick ? 100 : nil),
            databaseURL: nil, directory: directory, serverSettings: serverSettings, logLevel: workerLogLevel, executable: try Self.executable(),
            ledgerFault: ledgerFault)
        try await Benchmark.run(plan) { measurement in
            print(
                "\(measurement.part) \(measurement.name): \(Int(measurement.median)) \(measurement.unit) (\(Int(measurement.minimum))–\(Int(measurement.maximum))) "
                    + measurement.details.map { "\($0.name)=\(($0.value * 100).rounded() / 100)" }.joined(
                        separator: " "))
            flushStandardOutput()
        }
    }

    private func parts() throws -> [BenchPlan.Part] {
        guard let only else { return BenchPlan.Part.allCases }
        return try only.split(separator: ",").map { name in
            guard let part = BenchPlan.Part(rawValue: String(name)) else {
                throw ValidationError("--only: there is no part '\(name)'")
            }
            return part
        }
    }

    private static func numbers(_ text: String, _ option: String) throws -> [Int] {
        try text.split(separator: ",").map { word in
            guard let number = Int(word), number >= 0 else {
                throw ValidationError("\(option): '\(word)' is no number")
            }
            return number
        }
    }

    /// This program itself.
    private static func executable() throws -> String {
        try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    }
}
