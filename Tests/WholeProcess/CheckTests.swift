import Foundation
import Giftbridge
import LibPQ
import LocalPostgres
import Logging
import TestSupport
import Testing

/// `giftbridge check`: every fault is found, with its remedy, through the real binary.
@Suite struct CheckTests {
    /// A durable server with the schema, and a vendor.
    struct House: Sendable {
        let server: LocalPostgres
        let database: TestDatabase
        let vendor: VendorPeer

        static func open(_ body: @Sendable @escaping (House) async throws -> Void) async throws {
            try await LocalPostgres.run(in: TestServer.directory) { server in
                let database = TestDatabase(server: server, name: "postgres")
                let connection = try await database.connect()
                _ = try await Schema.migrate(connection, roles: true)
                try await connection.script("CREATE ROLE operator LOGIN IN ROLE giftbridge_worker")
                await connection.close()
                try await database.run("UPDATE giftbridge.shops SET payment_method = 1")
                try await VendorPeer.run(["--rate-limit", "60"]) {
                    try await body(House(server: server, database: database, vendor: $0))
                }
            }
        }

        func check(_ arguments: [String] = [], _ settings: [String: String] = [:]) async throws
            -> RunningProcess.Outcome
        {
            try await RunningProcess.giftbridge(
                ["check"] + arguments,
                environment: Bridge(database, vendor, settings).environment)
        }
    }

    private static func findings(_ outcome: RunningProcess.Outcome) throws -> [Finding] {
        try JSONDecoder().decode([Finding].self, from: Data(outcome.text.utf8))
    }

    @Test(.timeLimit(.minutes(2))) func everyFaultHasItsRemedy() async throws {
        try await House.open { house in
            let sound = try await house.check()
            #expect(sound.status == 0, "\(sound.text)")
            #expect(sound.output.last == "No fault, 1 warning.", "a superuser, as the tests' is")
            for line in [
                "ok    listen: Notifications from other sessions arrive.",
                "ok    key: The vendor accepts the key of shop default.",
                "ok    payment methods: Payment method 1 of shop default exists at Smart Gift.",
                "ok    allowance: The limit of shop default is 60 requests in 60 s; the vendor allows 60.",
            ] { #expect(sound.output.contains(line), "\(line)") }
            // The worker's own login is enough, and better.
            let asWorker = try await house.check(
                [], ["GIFTBRIDGE_DATABASE_URL": "host=\(house.server.directory) user=operator dbname=postgres"])
            #expect(asWorker.status == 0 && asWorker.output.last == "No fault.", "\(asWorker.text)")
            let json = try Self.findings(try await house.check(["--json"]))
            #expect(json.count { $0.level == .ok } >= 8 && json.allSatisfy { $0.level != .fault })

            // Its request takes a place in the allowance; where none is left, nothing is asked.
            let taken =
                "SELECT sum(t) FROM giftbridge.allowances AS a, unnest(a.taken) AS t WHERE name = 'shop default'"
            #expect(try await house.database.value(taken) == "3")
            try await house.database.run("UPDATE giftbridge.shops SET rate_limit = 3")
            let asked = try await house.vendor.requests().count
            let usedUp = try await house.check()
            #expect(
                usedUp.status == 0
                    && usedUp.text.contains(
                        "The rate limit is used up for the moment, so the key of shop default was not"),
                "\(usedUp.text)")
            #expect(try await house.vendor.requests().count == asked)
            try await house.database.run("UPDATE giftbridge.shops SET rate_limit = 60")

            // Shops.
            try await house.database.run(
                """
                UPDATE giftbridge.shops SET payment_method = 77, rate_limit = 90, assign_codes = false;
                SELECT giftbridge.pause('default', 'stock-taking.');
                INSERT INTO giftbridge.orders (items, customer_email, delivery_method, delivery_email)
                VALUES ('[{"id": 1, "price": 1}]', 'a@example.com', 9, 'b@example.com')
                """)
            let shop = try await house.check()
            #expect(shop.status == 78)
            for text in [
                "FAIL  payment methods: The vendor has no payment method 77, which shop default or its orders use.",
                "warn  allowance: The vendor allows 60 requests, but rate_limit of shop default is 90.",
                "warn  shops: Shop default is paused: stock-taking.", "giftbridge resume default",
                "warn  shops: Shop default has assign_codes off", "use delivery method 9, which is in neither",
            ] { #expect(shop.text.contains(text), "\(text)") }
            try await house.database.run(
                "UPDATE giftbridge.shops SET payment_method = 1, rate_limit = 60, assign_codes = true, paused = false")

            // Key and vendor.
            try await house.vendor.accept(key: "sk_other")
            let key = try await house.check()
            #expect(key.status == 78)
            #expect(key.text.contains("FAIL  key: The vendor refuses the key of shop default (HTTP 401)."))
            #expect(key.text.contains("→ Set GIFTBRIDGE_API_KEY (or GIFTBRIDGE_API_KEY_DEFAULT) to the key"))
            #expect(!key.text.contains(VendorPeer.key))
            let away = try await house.check([], ["GIFTBRIDGE_API_URL": "http://127.0.0.1:9"])
            #expect(away.status == 69)
            #expect(away.text.contains("FAIL  vendor: Cannot reach http://127.0.0.1:9 for shop default."))

            // Rights.
            try await house.database.run("CREATE ROLE nobody LOGIN; GRANT USAGE ON SCHEMA giftbridge TO nobody")
            let conninfo = "host=\(house.server.directory) user=nobody dbname=postgres"
            let none = try await house.check([], ["GIFTBRIDGE_DATABASE_URL": conninfo])
            #expect(none.status == 78)
            #expect(none.text.contains("FAIL  schema: The database role has no permissions in schema giftbridge"))
            #expect(none.text.contains("giftbridge migrate --roles"))
            try await house.database.run("GRANT SELECT ON giftbridge.migrations TO nobody")
            let few = try await house.check([], ["GIFTBRIDGE_DATABASE_URL": conninfo])
            #expect(few.status == 78)
            #expect(
                few.text.contains(
                    "FAIL  rights: The role lacks these permissions: EXECUTE on giftbridge.claim, EXECUTE on"))

            // Schema.
            try await house.database.run("CREATE DATABASE bare")
            let bare = try await house.check([], ["GIFTBRIDGE_DATABASE_URL": house.server.conninfo(database: "bare")])
            #expect(bare.status == 78)
            #expect(bare.text.contains("FAIL  schema: The database has no schema giftbridge"))
            #expect(bare.text.contains("→ Run `giftbridge migrate`"))
        }
    }

    @Test(.timeLimit(.minutes(2)), .enabled(if: PgBouncer.tool.isTested, "\(PgBouncer.tool.advice)"))
    func aTransactionPoolerIsFoundOut() async throws {
        try await House.open { house in
            try await PgBouncer.run(before: house.server) { pool in
                let outcome = try await house.check([], ["GIFTBRIDGE_DATABASE_URL": pool.conninfo])
                #expect(outcome.status == 78)
                #expect(outcome.text.contains("FAIL  listen: No notification arrives, as with a transaction pooler"))
                #expect(outcome.text.contains("pool_mode=session"))
            }
        }
    }

    @Test func aDatabaseThatIsAwayIs69AndALooseOneIsFoundOut() async throws {
        let environment = ["GIFTBRIDGE_API_KEY": VendorPeer.key]
        let away = try await RunningProcess.giftbridge(
            ["check", "--database-url", "host=/nowhere"], environment: environment)
        #expect(away.status == 69)
        #expect(away.text.contains("FAIL  database: Cannot connect to the database:"))

        let database = try await TestServer.shared.database()
        let loose = try await RunningProcess.giftbridge(
            ["check", "--json", "--database-url", database.conninfo, "--api-url", "http://127.0.0.1:9"],
            environment: environment)
        #expect(loose.status == 78)
        let findings = try Self.findings(loose)
        #expect(
            findings.contains { $0.subject == .durability && $0.level == .fault && $0.what.contains("fsync is off") })
        #expect(findings.contains { $0.subject == .vendor && $0.level == .unreachable })
    }

    @Test(arguments: [
        (["GIFTBRIDGE_LEASE": "soon"], "GIFTBRIDGE_LEASE must be a duration"),
        (["GIFTBRIDGE_API_KEY_FILE": "/nowhere/key"], "GIFTBRIDGE_API_KEY_FILE names a file that cannot be read"),
        ([:], "GIFTBRIDGE_API_KEY is not set"),
    ]) func wrongSettingsAre78(settings: [String: String], text: String) async throws {
        let outcome = try await RunningProcess.giftbridge(
            ["check"], environment: settings.merging(["GIFTBRIDGE_DATABASE_URL": "host=/nowhere"]) { $1 })
        #expect(outcome.status == 78)
        #expect(outcome.text.contains("FAIL  configuration: \(text)"), "\(outcome.text)")
    }
}

/// Debian's pgbouncer in transaction mode before a throwaway server.
struct PgBouncer {
    /// libpq's connection string through it.
    let conninfo: String

    /// `.ci/run` installs it.
    static let tool = Tool(
        "pgbouncer", package: "pgbouncer",
        paths: ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer"])

    /// Runs one while `body` runs. As root it runs as the server's user, which alone may enter the server's folder.
    static func run<Value>(before server: LocalPostgres, _ body: (PgBouncer) async throws -> Value) async throws
        -> Value
    {
        let path = try tool.required()
        let directory = URL(fileURLWithPath: "/tmp/giftbridge-pool-\(UInt32.random(in: 0...UInt32.max))")
        try FileManager.default.createDirectory(
            at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o777])
        defer { try? FileManager.default.removeItem(at: directory) }
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: directory.path)
        let settings = directory.appending(path: "pgbouncer.ini")
        try """
        [databases]
        postgres = \(server.conninfo())
        [pgbouncer]
        listen_addr =
        listen_port = 6432
        unix_socket_dir = \(directory.path)
        auth_type = any
        pool_mode = transaction
        """.write(to: settings, atomically: true, encoding: .utf8)

        let process = Process()
        let asUser = getuid() == 0 ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : []
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = asUser + [path, "-q", settings.path]
        (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        try process.run()
        // It inherits this thread's blocked signals: nothing else would end it.
        defer { kill(process.processIdentifier, SIGKILL) }
        let conninfo = "host=\(directory.path) port=6432 user=postgres dbname=postgres"
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            do {
                try await Connection.open(conninfo, logger: Logger(label: "test")).close()
                break
            } catch  where ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        return try await body(PgBouncer(conninfo: conninfo))
    }
}
