import Foundation
import TestSupport
import Testing

/// How a process ends while threads of libpq, NIO and OpenSSL are at work: at once, without handlers that pull their state away.
@Suite struct EndTests {
    /// The loader says which libraries it sets up and which it takes down: `exit(3)` does the latter, `_exit(2)` does not.
    private static func loaderLog(_ body: ([String: String]) async throws -> RunningProcess.Outcome) async throws
        -> (outcome: RunningProcess.Outcome, text: String)
    {
        let folder = FileManager.default.temporaryDirectory.appending(path: "giftbridge-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // It is in the temporary folder anyway.
        let outcome = try await body(["LD_DEBUG": "files", "LD_DEBUG_OUTPUT": folder.appending(path: "loader").path])
        let text = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .map { try String(contentsOf: $0, encoding: .utf8) }.joined()
        return (outcome, text)
    }

    @Test func aSecondSignalEndsAtOnce() async throws {
        let database = try await TestServer.shared.database()
        try await VendorPeer.run(["--rate-limit", "0", "--latency", "20s"]) { vendor in
            let (outcome, log) = try await Self.loaderLog { settings in
                try await Bridge(database, vendor, settings).run { process in
                    try await database.insertOrders(1...1)
                    try await database.wait(for: "submitting", from: "SELECT status FROM giftbridge.order_list")
                    process.signal(SIGTERM)
                    try await process.line(containing: "Draining.")
                    process.signal(SIGTERM)
                    try await process.end(within: .seconds(10))
                }.outcome
            }
            #expect(outcome.status == 1)
            #expect(outcome.text.contains("Ending at once"), "what it logged last is written")
            #expect(log.contains("calling init") && !log.contains("calling fini"))
        }
    }

    @Test func aDrainedWorkerAndACommandEndWithoutHandlersToo() async throws {
        let database = try await TestServer.shared.database()
        let (command, commandLog) = try await Self.loaderLog { settings in
            try await RunningProcess.giftbridge(
                ["migrate", "--database-url", database.conninfo], environment: settings)
        }
        #expect(command.status == 0 && command.text.hasPrefix("schema giftbridge is at version"))
        #expect(commandLog.contains("calling init") && !commandLog.contains("calling fini"))
        try await VendorPeer.run { vendor in
            let (outcome, log) = try await Self.loaderLog { settings in
                try await Bridge(database, vendor, settings).runAndDrain { _ in }
            }
            #expect(outcome.status == 0 && outcome.output.last?.contains("The worker has stopped.") == true)
            #expect(log.contains("calling init") && !log.contains("calling fini"))
        }
    }
}
