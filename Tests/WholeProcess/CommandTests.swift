import Foundation
import LibPQ
import LocalPostgres
import TestSupport
import Testing

@testable import GiftbridgeCommand

/// Wrong settings, usage and databases: one clear line each, and the documented exit status.
@Suite struct CommandTests {
    struct WrongSetting: Sendable, CustomTestStringConvertible {
        let settings: [String: String]
        let line: String
        let status: Int32
        var testDescription: String { line }

        init(_ settings: [String: String], _ line: String, _ status: Int32 = 78) {
            self.settings = settings
            self.line = line
            self.status = status
        }
    }

    @Test(arguments: [
        WrongSetting(
            ["GIFTBRIDGE_API_URL": "vendor"],
            "giftbridge: GIFTBRIDGE_API_URL must be a URL such as https://api.smart-gift.co.uk"),
        WrongSetting(
            ["GIFTBRIDGE_API_URL": "http://api.smart-gift.co.uk"],
            "giftbridge: GIFTBRIDGE_API_URL must begin with https://, because plain http would expose the API key to the network"
        ),
        WrongSetting(
            ["GIFTBRIDGE_API_KEY": ""],
            "giftbridge: GIFTBRIDGE_API_KEY is empty or has characters that are not allowed in a key"),
        WrongSetting(
            ["GIFTBRIDGE_API_KEY_FILE": "/nowhere/key"],
            "giftbridge: GIFTBRIDGE_API_KEY_FILE names a file that cannot be read: /nowhere/key"),
        WrongSetting(
            ["GIFTBRIDGE_REQUEST_TIMEOUT": "30"],
            "giftbridge: GIFTBRIDGE_REQUEST_TIMEOUT must be a duration such as 500ms, 30s, 5m, 2h or 90d, not \"30\""),
        WrongSetting(
            ["GIFTBRIDGE_LEASE": "20s"],
            "giftbridge: GIFTBRIDGE_LEASE must be longer than GIFTBRIDGE_REQUEST_TIMEOUT, so that the request ends before the lease does"
        ),
        WrongSetting(
            ["GIFTBRIDGE_CONCURRENCY": "many"],
            "giftbridge: GIFTBRIDGE_CONCURRENCY must be an integer from 1 to 10000, not \"many\""),
        WrongSetting(
            ["GIFTBRIDGE_LOG_LEVEL": "loud"],
            "giftbridge: GIFTBRIDGE_LOG_LEVEL must be one of trace, debug, info, notice, warning, error, critical, not \"loud\""
        ),
    ])
    func aWrongSettingIsNamed(wrong: WrongSetting) async throws {
        var environment = ["GIFTBRIDGE_DATABASE_URL": "host=/nowhere"]
        if wrong.settings["GIFTBRIDGE_API_KEY_FILE"] == nil { environment["GIFTBRIDGE_API_KEY"] = VendorPeer.key }
        environment.merge(wrong.settings) { _, new in new }
        let outcome = try await RunningProcess.giftbridge(["run"], environment: environment)
        #expect(outcome.output == [wrong.line])
        #expect(outcome.status == wrong.status)
    }

    @Test func aMissingKeyIsNamed() async throws {
        let outcome = try await RunningProcess.giftbridge(
            ["run"], environment: ["GIFTBRIDGE_DATABASE_URL": "host=/nowhere"])
        #expect(outcome.status == 78)
        #expect(
            outcome.output == [
                "giftbridge: GIFTBRIDGE_API_KEY is not set: set it to the vendor's secret key (sk_…), or set GIFTBRIDGE_API_KEY_FILE"
            ])
    }

    @Test(arguments: [
        (
            "host=/nowhere password=secret nonsense=1", 78 as Int32,
            "giftbridge: GIFTBRIDGE_DATABASE_URL is not a libpq URI or conninfo"
        ),
        ("host=/nowhere dbname=x", 69, "giftbridge: cannot connect to the database:"),
        ("host=127.0.0.1 port=9 dbname=x password=secret", 69, "giftbridge: cannot connect to the database:"),
    ])
    func aDatabaseThatCannotBeReachedIsOneLine(conninfo: String, status: Int32, start: String) async throws {
        // A worker waits for a database that is not there; what cannot be understood ends it.
        for command in status == 78 ? ["run", "migrate"] : ["migrate"] {
            let outcome = try await RunningProcess.giftbridge(
                [command], environment: ["GIFTBRIDGE_DATABASE_URL": conninfo, "GIFTBRIDGE_API_KEY": VendorPeer.key])
            #expect(outcome.status == status)
            #expect(outcome.output.count == 1 && outcome.text.hasPrefix(start), "\(outcome.text)")
            #expect(!outcome.text.contains("secret"))
        }
    }

    @Test func aDatabaseThatDoesNotExistIsNotReachable() async throws {
        let conninfo = try await TestServer.shared.postgres().conninfo(database: "missing")
        let outcome = try await RunningProcess.giftbridge(["migrate", "--database-url", conninfo])
        #expect(outcome.status == 69)
        #expect(outcome.text.contains("\"missing\" does not exist"))
    }

    @Test func aMissingAnOlderAndANewerSchemaAreToldApart() async throws {
        let database = try await TestServer.shared.emptyDatabase()
        let environment = ["GIFTBRIDGE_DATABASE_URL": database.conninfo, "GIFTBRIDGE_API_KEY": VendorPeer.key]
        let missing = try await RunningProcess.giftbridge(["run"], environment: environment)
        #expect(missing.status == 78)
        #expect(missing.output == ["giftbridge: the database has no schema giftbridge: run `giftbridge migrate`"])

        let dry = try await RunningProcess.giftbridge(["migrate", "--dry-run"], environment: environment)
        #expect(dry.status == 0 && dry.text.contains("would apply migration 1: initial"))
        #expect(try await database.value("SELECT to_regnamespace('giftbridge') IS NULL") == "t")
        async let one = RunningProcess.giftbridge(["migrate"], environment: environment)
        async let two = RunningProcess.giftbridge(["migrate"], environment: environment)
        let both = try await [one, two]
        #expect(both.map(\.status) == [0, 0])
        #expect(both.count { $0.text.contains("applied migration 1: initial") } == 1, "\(both.map(\.text))")

        try await database.run(
            "UPDATE giftbridge.migrations SET version = 0 WHERE version = (SELECT max(version) FROM giftbridge.migrations)"
        )
        let older = try await RunningProcess.giftbridge(["run"], environment: environment)
        #expect(older.status == 78 && older.text.contains("run `giftbridge migrate`"))
        try await database.run("UPDATE giftbridge.migrations SET version = 9999 WHERE version = 0")
        for command in ["run", "migrate"] {
            let newer = try await RunningProcess.giftbridge([command], environment: environment)
            #expect(newer.status == 78 && newer.output.count == 1 && newer.text.contains("version 9999, newer than"))
        }
    }

    @Test(arguments: [
        ["nonsense"], ["run", "--nonsense"], ["retry"], ["retry", "one"], ["migrate", "--lock-timeout", "0"],
        ["sandbox", "--rate-window", "soon"],
    ])
    func wrongUsageIs64(arguments: [String]) async throws {
        let outcome = try await RunningProcess.giftbridge(arguments)
        #expect(outcome.status == 64)
        #expect(outcome.text.contains("Usage: giftbridge"))
    }

    @Test(arguments: [
        ["--help"], ["--version"], ["run", "--help"], ["migrate", "--help"], ["sandbox", "--help"], ["demo", "--help"],
        ["retry", "--help"], ["cancel", "--help"], ["check", "--help"], ["status", "--help"], ["orders", "--help"],
        ["show", "--help"], ["preview", "--help"], ["resolve", "--help"], ["pause", "--help"], ["resume", "--help"],
        ["prune", "--help"], ["--generate-completion-script", "bash"],
    ])
    func helpIsThere(arguments: [String]) async throws {
        let outcome = try await RunningProcess.giftbridge(arguments)
        #expect(outcome.status == 0)
        #expect(!outcome.text.isEmpty)
    }

    @Test func aFlagWinsOverTheEnvironment() async throws {
        let outcome = try await RunningProcess.giftbridge(
            ["run", "--lease", "soon"],
            environment: ["GIFTBRIDGE_LEASE": "60s", "GIFTBRIDGE_API_KEY": VendorPeer.key])
        #expect(outcome.status == 78 && outcome.text.contains("GIFTBRIDGE_LEASE must be a duration"))
    }

    @Test func noSecretCodeOrPersonReachesTheLogAtTraceLevel() async throws {
        let database = try await TestServer.shared.database()
        try await VendorPeer.run(["--rate-limit", "0", "--log-level", "trace"]) { vendor in
            for (fault, order) in [
                ("close_after", "1"), ("garbage_200", "2"), ("status_500", "3"), ("status_422", "5"),
            ] {
                try await vendor.fault(fault, orderID: order)
            }
            let outcome = try await Bridge(database, vendor, ["GIFTBRIDGE_LOG_LEVEL": "trace"]).runAndDrain { _ in
                try await database.run(
                    """
                    INSERT INTO giftbridge.orders (shop_order_id, items, customer_email, customer_last_name, delivery_method,
                        delivery_email, delivery_address1, payment_method)
                    SELECT n::text, jsonb_build_array(jsonb_build_object('id', CASE n WHEN 4 THEN 5 ELSE 1 END, 'price', 9,
                        'message', 'PlantedMessage'), jsonb_build_object('id', 1, 'price', 9, 'code', 'PLANTEDCODE' || least(n, 6))),
                        'planted.customer@example.com', 'PlantedName', 1, 'planted.recipient@example.com', 'PlantedStreet', 1
                    FROM generate_series(1, 7) AS n
                    """)
                try await database.waitUntilFinished()
            }
            #expect(outcome.status == 0)
            let codes = try await database.value("SELECT string_agg(code, ' ') FROM giftbridge.vouchers") ?? ""
            #expect(try await database.states().contains("rejected"))
            let secrets =
                codes.split(separator: " ").map(String.init)
                + [VendorPeer.key, "PlantedMessage", "PLANTEDCODE", "planted.", "PlantedName", "PlantedStreet"]
            let errors =
                try await database.value(
                    "SELECT string_agg(concat(o.error, j.error, j.response), ' ') FROM giftbridge.orders o JOIN giftbridge.submissions j ON j.order_id = o.id"
                ) ?? ""
            #expect(!secrets.isEmpty && !errors.isEmpty)
            for secret in secrets {
                #expect(!outcome.text.contains(secret), "the bridge's log has \(secret)")
                #expect(!vendor.process.output.joined().contains(secret), "the sandbox's log has \(secret)")
                #expect(!errors.contains(secret), "an error text has \(secret)")
            }
        }
    }

    @Test func theDemoComesOutRightAndLeavesNothingBehind() async throws {
        let outcome = try await RunningProcess.giftbridge(["demo"])
        #expect(outcome.status == 0)
        #expect(outcome.text.contains("34 completed, 1 rejected; 1 insert refused by the database"))
        #expect(outcome.text.contains("34 sales, each completed order exactly once"))
        #expect(!outcome.text.contains("\u{1B}"), "piped output is plain text")
        let directory = try #require(outcome.text.firstMatch(of: /\/tmp\/giftbridge-\w+/)).output
        #expect(!FileManager.default.fileExists(atPath: String(directory)))
    }

    @Test func theStayingDemoEndsWithASignalAndLeavesNothingBehind() async throws {
        let (directory, outcome) = try await RunningProcess.run(["demo", "--stay"]) { process in
            let line = try await process.line(containing: "/tmp/giftbridge-")
            try await process.line(containing: "Press Ctrl-C to end")
            process.signal(SIGINT)
            try await process.end(within: .seconds(20))
            return try #require(line.firstMatch(of: /\/tmp\/giftbridge-\w+/)).output.description
        }
        #expect(outcome.status == 0)
        #expect(!FileManager.default.fileExists(atPath: directory))
    }
}

/// Commands that may work or wait for longer than a minute without a word from the server.
@Suite struct LongCommandTests {
    /// A migration or a prune may work for hours, and wait for a lock for as long as `--lock-timeout` says.
    @Test func longCommandsWaitForTheServerWithoutALimit() {
        #expect(Migrate.connectionOptions.commandTimeout == nil)
        #expect(Migrate.connectionOptions.applicationName == "giftbridge migrate")
        #expect(Prune.connectionOptions.commandTimeout == nil)
        #expect(Prune.connectionOptions.applicationName == "giftbridge prune")
    }
}

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
                    try await process.line(containing: "Draining:")
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

/// `GIFTBRIDGE_TEST_CRASH` as a worker reads it. `CrashTests` has what it does.
@Suite struct CrashVariableTests {
    @Test func aWrongCrashPointIsSaidAndIgnored() async throws {
        let database = try await TestServer.shared.database()
        try await VendorPeer.run { vendor in
            let outcome = try await Bridge(database, vendor, ["GIFTBRIDGE_TEST_CRASH": "nowhere:1"]).runAndDrain { _ in
                try await database.insertOrders(1...3)
                try await database.waitUntilFinished()
            }
            #expect(outcome.status == 0)
            let warning = try #require(outcome.output.first { $0.contains("GIFTBRIDGE_TEST_CRASH is ignored") })
            #expect(warning.contains("\"level\":\"warning\"") && warning.contains("claiming, claimed"))
        }
        let help = try await RunningProcess.giftbridge(["run", "--help"])
        #expect(!help.text.contains("GIFTBRIDGE_TEST"))
    }
}
