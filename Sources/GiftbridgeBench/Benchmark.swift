import CLinux
import FoundationEssentials
import Giftbridge
import LibPQ
import LocalPostgres
import Logging

/// The benchmark: sets the scene and runs the plan's parts.
enum Benchmark {
    /// Measures.
    ///
    /// - Parameters:
    ///   - plan: What.
    ///   - tell: Called with each measurement as it is made.
    /// - Throws: ``BenchError`` if something could not be measured, or the table and the peer's ledger do not agree; what the
    ///   server or the system refuse.
    static func run(
        _ plan: BenchPlan, tell: @Sendable @escaping (Measurement) -> Void
    ) async throws -> BenchReport {
        try await BenchServer.run(plan) { server in
            let connection = try await open(server.conninfo)
            let report = await Result { try await run(plan, on: server, connection, tell) }
            await connection.close()
            return try report.get()
        }
    }

    /// Opens a connection of the benchmark's own, and installs the schema.
    static func open(_ conninfo: String) async throws -> Connection {
        let options = ConnectionOptions(
            commandTimeout: nil, applicationName: "giftbridge-bench", settings: ["enable_seqscan": "off"])
        let connection = try await Connection.open(conninfo, options: options, logger: Logger(label: "bench"))
        do {
            _ = try await Schema.migrate(connection)
            try await connection.query(SQL.Bench.shop)
        } catch {
            await connection.close()
            throw error
        }
        return connection
    }

    private static func run(
        _ plan: BenchPlan, on server: BenchServer, _ connection: Connection,
        _ tell: @Sendable @escaping (Measurement) -> Void
    ) async throws -> BenchReport {
        let findings = Findings(tell: tell)
        let machine = try await machine(plan, connection)
        if !machine.isRelease { findings.warn("this is a debug build: build with -c release to measure") }
        if plan.isQuick { findings.warn("--quick: the figures mean nothing") }
        if plan.databaseURL == nil, linux_is_in_memory(server.directory) != 0 {
            findings.fail("\(plan.directory) is in memory: --directory should be on a disk")
        }
        for (name, value) in machine.durability.sorted(by: { $0.key < $1.key }) where value == "off" {
            findings.fail("\(name) is \(value): not what durability needs")
        }
        try await PeerProcess.run(plan, directory: server.directory) { peer in
            try await measure(
                Scene(
                    plan: plan, server: server, connection: connection, peer: peer,
                    postmaster: ProcessUsage.postmaster(ofBackend: connection.backendPID), findings: findings))
        }
        return findings.report(machine: machine)
    }

    private static func measure(_ scene: Scene) async throws {
        let parts = scene.plan.parts
        if parts.contains(.limits) || parts.contains(.drain) {
            let limits = Limits(scene: scene)
            let before = try await limits.measure()
            if parts.contains(.drain) { try await drain(scene, limits, before) }
        }
        if parts.contains(.shops) { try await Shops(scene: scene).measure() }
        if parts.contains(.latency) { try await Latency(scene: scene).measure() }
        if parts.contains(.idle) { try await Idle(scene: scene).measure() }
        if parts.contains(.start) { try await Start(scene: scene).measure() }
        if parts.contains(.growth) { try await Growth(scene: scene).measure() }
        if parts.contains(.insert) { try await InsertCost(scene: scene).measure() }
        if parts.contains(.allowance) { try await Allowance(scene: scene).measure() }
    }

    /// A machine's speed varies: the ceilings are what was possible before the drains or after them.
    private static func drain(_ scene: Scene, _ limits: Limits, _ before: DrainCeilings) async throws {
        var outcomes: [Drain.Outcome] = []
        for delay in scene.plan.delays {
            for concurrency in scene.plan.concurrencies {
                outcomes.append(try await Drain(scene: scene, delay: delay, concurrency: concurrency).measure())
            }
        }
        let after = try await limits.ceilings()
        let ceilings = DrainCeilings(peer: max(before.peer, after.peer), server: max(before.server, after.server))
        for drain in outcomes {
            for doubt in ceilings.doubts(rate: drain.rate, peerCore: drain.peerCore, serverCore: drain.serverCore) {
                scene.findings.fail("drain, \(drain.name): \(doubt)")
            }
        }
    }

    private static func machine(_ plan: BenchPlan, _ connection: Connection) async throws -> Machine {
        var settings: [String: String] = [:]
        for row in try await connection.query(SQL.Bench.settings) {
            settings[try row.text("name")] = try row.text("setting")
        }
        let version = settings.removeValue(forKey: "server_version") ?? "unknown"
        return Machine(
            postgres: version, durability: settings, directory: plan.databaseURL == nil ? plan.directory : nil)
    }
}

/// The server that is measured: a throwaway one, or a database of its own on the server of `--database-url`.
struct BenchServer: Sendable {
    /// Of the benchmark's database.
    let conninfo: String
    /// For the peer's ledger and the worker's log, on the disk that is measured.
    let directory: String
    /// The server's log; nil: not ours to read.
    let log: String?

    /// Opens another connection to the benchmark's database.
    func connect() async throws -> Connection {
        try await Connection.open(conninfo, logger: Logger(label: "bench"))
    }

    /// Runs a server for as long as `body` runs.
    static func run<Value: Sendable>(
        _ plan: BenchPlan, _ body: @Sendable @escaping (BenchServer) async throws -> Value
    ) async throws -> Value {
        guard let url = plan.databaseURL else { return try await runThrowaway(plan, body) }
        let directory = "\(plan.directory)/giftbridge-bench-\(UInt32.random(in: 0...UInt32.max))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        let admin = try await Connection.open(url, logger: Logger(label: "bench"))
        let result = await Result {
            try await withDatabase(on: admin, create: SQL.Bench.createDatabase, drop: SQL.Bench.dropDatabase) {
                let conninfo = conninfo(url, database: "giftbridge_bench")
                return try await body(BenchServer(conninfo: conninfo, directory: directory, log: nil))
            }
        }
        await admin.close()
        try FileManager.default.removeItem(atPath: directory)
        return try result.get()
    }

    /// With the settings that durability asks for.
    private static func runThrowaway<Value: Sendable>(
        _ plan: BenchPlan, _ body: @Sendable @escaping (BenchServer) async throws -> Value
    ) async throws -> Value {
        let settings = [
            "fsync=on", "synchronous_commit=on", "full_page_writes=on", "shared_buffers=512MB", "max_wal_size=4GB",
            "max_connections=200",
        ]
        return try await LocalPostgres.run(in: plan.directory, settings: settings + plan.serverSettings) { server in
            try await body(
                BenchServer(
                    conninfo: server.conninfo(), directory: server.directory, log: "\(server.directory)/log"))
        }
    }

    /// Makes a database, and drops it when `body` has ended.
    static func withDatabase<Value: Sendable>(
        on admin: Connection, create: String, drop: String, _ body: () async throws -> Value
    ) async throws -> Value {
        try await admin.script(create)
        let result = await Result { try await body() }
        // A task of its own: it has to be done after a cancellation too.
        try await Task { try await admin.script(drop) }.value
        return try result.get()
    }

    /// Another database of the same server: of a name that stands twice libpq takes the last.
    static func conninfo(_ url: String, database: String) -> String {
        guard url.hasPrefix("postgresql://") || url.hasPrefix("postgres://") else { return "\(url) dbname=\(database)" }
        return url + (url.contains("?") ? "&" : "?") + "dbname=\(database)"
    }
}

extension Result where Failure == any Error {
    /// What came of `body`, for what has to be put away before it is returned or thrown.
    init(catching body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}

/// Why the benchmark could not measure, or why what it measured cannot be believed.
struct BenchError: Error, CustomStringConvertible {
    /// One sentence.
    let description: String

    init(_ description: String) { self.description = description }
}
