import ArgumentParser
import FoundationEssentials
import Glibc
import SystemPackage
import UnixSignals

/// The command `giftbridge-bench`: the benchmark.
@main
struct GiftbridgeBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "giftbridge-bench",
        abstract: "Measure this machine: drain rate, latency, CPU, memory, and what bounds them.",
        discussion: """
            Starts a throwaway PostgreSQL with durable settings, an HTTP peer that answers every sale with a receipt, and \
            `giftbridge run`, each in a process of its own. After each run every row is compared with the peer's ledger. \
            Linux only.

            Exit status: 0 if the figures can be believed; 1 if not, and then the last lines say why.
            """,
        subcommands: [PeerCommand.self, LoadCommand.self])

    @OptionGroup var options: BenchOptions

    @Flag(help: "One JSON object, at the end.")
    var json = false

    func run() async throws {
        let plan = try options.plan()
        let table = BenchTable()
        let work = Task { [json] in
            try await Benchmark.run(plan) { if !json { table.show($0) } }
        }
        // Ctrl-C and SIGTERM cancel it, and it cleans up.
        let signals = Task {
            for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { work.cancel() }
        }
        defer { signals.cancel() }
        let report: BenchReport
        do {
            report = try await work.value
        } catch  where work.isCancelled {
            throw Stopped()
        }
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            print(String(decoding: try encoder.encode(report), as: UTF8.self))
        } else {
            table.end(report)
        }
        fflush(nil)
        let judgements = report.warnings.map { "warning: \($0)\n" } + report.failures.map { "FAILED: \($0)\n" }
        try FileDescriptor.standardError.writeAll(judgements.joined().utf8)
        if !report.failures.isEmpty { throw ExitCode.failure }
    }

    private struct Stopped: Error, CustomStringConvertible {
        var description: String { "the benchmark was stopped; everything is removed" }
    }
}
