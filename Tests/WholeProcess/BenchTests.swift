import Foundation
import TestSupport
import Testing

/// `giftbridge-bench`: that it measures, and that it does not lie.
@Suite(.serialized) struct BenchTests {
    private struct Report: Decodable {
        struct Measurement: Decodable {
            let part: String
            let median: Double
            let values: [Double]
        }
        let measurements: [Measurement]
        let failures: [String]
    }

    private static let program = RunningProcess.binary + "-bench"

    /// Runs the benchmark with arguments to its end.
    private static func bench(_ arguments: [String], within bound: Duration) async throws -> RunningProcess.Outcome {
        try await RunningProcess.run(arguments, program: program) { try await $0.end(within: bound) }.outcome
    }

    @Test func everyPartIsMeasured() async throws {
        let outcome = try await Self.bench(
            ["--quick", "--runs", "1", "--json"], within: .seconds(150))
        #expect(outcome.status == 0, "\(outcome.text)")
        // Warnings are on standard error, which comes behind.
        let end = try #require(outcome.output.lastIndex(of: "}"))
        let report = try JSONDecoder().decode(
            Report.self, from: Data(outcome.output[...end].joined(separator: "\n").utf8))
        let parts = ["limits", "drain", "latency", "idle", "start", "growth", "insert", "allowance", "shops"]
        #expect(Set(report.measurements.map(\.part)) == Set(parts))
        #expect(report.failures.isEmpty)
        for measurement in report.measurements where measurement.part != "idle" && measurement.part != "latency" {
            #expect(measurement.median > 0 && !measurement.values.isEmpty, "\(measurement)")
        }
    }

    @Test(arguments: [
        ["--only", "nonsense"], ["--runs", "0"], ["--delays", "soon"], ["--concurrencies", "0"],
        ["--directory", "here"], ["--giftbridge", "/nowhere/giftbridge"],
    ])
    func wrongUseIsRefused(arguments: [String]) async throws {
        let outcome = try await Self.bench(arguments, within: .seconds(10))
        #expect(outcome.status == 64 && outcome.text.contains("--"), "\(outcome.text)")
    }

    @Test func theProductHasNothingOfIt() async throws {
        let help = try await RunningProcess.giftbridge(["--help"])
        #expect(!help.text.contains("bench"))
        let product = try Data(contentsOf: URL(fileURLWithPath: RunningProcess.binary), options: .alwaysMapped)
        let bench = try Data(contentsOf: URL(fileURLWithPath: Self.program), options: .alwaysMapped)
        for statement in ["TRUNCATE giftbridge.due", "DROP DATABASE IF EXISTS giftbridge_bench"] {
            #expect(bench.range(of: Data(statement.utf8)) != nil, "the test would see it")
            #expect(product.range(of: Data(statement.utf8)) == nil)
        }
    }

    @Test(arguments: ["forget", "twice", "other_code"])
    func aLedgerThatDisagreesFailsIt(fault: String) async throws {
        let outcome = try await Self.bench(
            ["--quick", "--only", "drain", "--delays", "0", "--runs", "1", "--ledger-fault", fault],
            within: .seconds(90))
        #expect(outcome.status == 1)
        #expect(outcome.text.contains("the table and the peer's ledger do not agree"), "\(outcome.text)")
    }

    @Test func aPeerThatIsTheLimitFailsIt() async throws {
        let outcome = try await Self.bench(
            ["--quick", "--only", "drain", "--delays", "0", "--runs", "3", "--peer-burden", "20000"],
            within: .seconds(90))
        #expect(outcome.status == 1)
        #expect(
            outcome.text.contains("FAILED: drain, API 0 ms, 64 in flight: the HTTP peer was the limit"),
            "\(outcome.text)")
    }

    @Test func aGivenServerThatIsNotDurableFailsItAndIsLeftClean() async throws {
        let conninfo = try await TestServer.shared.conninfo()
        let outcome = try await Self.bench(
            ["--quick", "--only", "drain,growth", "--delays", "0", "--runs", "1", "--database-url", conninfo],
            within: .seconds(90))
        #expect(outcome.status == 1)
        #expect(outcome.text.contains("FAILED: fsync is off"), "\(outcome.text)")
        #expect(outcome.text.contains("orders/s") && outcome.text.contains("small tables"))
        let again = try await TestServer.shared.emptyDatabase()
        #expect(try await again.value("SELECT count(*) FROM pg_database WHERE datname LIKE 'giftbridge_bench%'") == "0")
    }

    @Test func killedItLeavesNothingBehind() async throws {
        let (worker, outcome) = try await RunningProcess.run(
            ["--quick", "--only", "idle", "--runs", "100"], program: Self.program
        ) { process in
            let worker = try await Self.child(of: process.pid, running: "run")
            // Once it runs, the peer ends it together with the benchmark. In its first milliseconds it does not yet.
            let log = worker.directory + "/worker.log"
            let deadline = ContinuousClock.now + .seconds(30)
            while FileManager.default.contents(atPath: log)?.range(of: Data("is running".utf8)) == nil {
                try #require(ContinuousClock.now < deadline, "the worker does not run")
                try await Task.sleep(for: .milliseconds(5))
            }
            process.signal(SIGKILL)
            return worker
        }
        #expect(outcome.signal == SIGKILL)
        let deadline = ContinuousClock.now + .seconds(30)
        while FileManager.default.fileExists(atPath: worker.directory) || kill(worker.pid, 0) == 0 {
            try #require(ContinuousClock.now < deadline, "the worker or the server's folder is still there")
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Waits for a `giftbridge` process with this command, and reads where its database is.
    private static func child(of parent: Int32, running command: String) async throws -> (pid: Int32, directory: String)
    {
        let files = FileManager.default
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            for name in try files.contentsOfDirectory(atPath: "/proc") {
                guard let pid = Int32(name),
                    let status = files.contents(atPath: "/proc/\(name)/status"),
                    String(decoding: status, as: UTF8.self).contains("PPid:\t\(parent)\n"),
                    let arguments = files.contents(atPath: "/proc/\(name)/cmdline"),
                    String(decoding: arguments, as: UTF8.self).hasSuffix("giftbridge\0\(command)\0"),
                    let environment = files.contents(atPath: "/proc/\(name)/environ"),
                    let host = String(decoding: environment, as: UTF8.self).firstMatch(of: /host=(\/\S+)/)
                else { continue }
                return (pid, String(host.1))
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw TimedOut(what: "giftbridge \(command)")
    }
}
