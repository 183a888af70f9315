import Giftbridge
import LibPQ
import LocalPostgres
import Logging

/// The benchmark: sets the scene and runs the plan's parts.
public enum Benchmark {
    /// Measures.
    ///
    /// - Parameters:
    ///   - plan: What.
    ///   - tell: Called with each measurement as it is made.
    /// - Throws: ``BenchError`` if a measurement cannot be believed; what the server or the system refuse.
    public static func run(_ plan: BenchPlan, tell: @Sendable @escaping (Measurement) -> Void) async throws {
        try await withServer(plan) { conninfo, directory in
            let options = ConnectionOptions(applicationName: "giftbridge bench", settings: ["enable_seqscan": "off"])
            let connection = try await Connection.open(conninfo, options: options, logger: Logger(label: "bench"))
            do {
                _ = try await Schema.migrate(connection)
                try await connection.query(SQL.Bench.shop)
                try await PeerProcess.run(plan.executable, directory: directory, fault: plan.ledgerFault) { peer in
                    let scene = Scene(
                        plan: plan, conninfo: conninfo, connection: connection, peer: peer, directory: directory,
                        postmaster: ProcessUsage.parent(of: connection.backendPID), tell: tell)
                    try await measure(scene)
                }
            } catch {
                await connection.close()
                throw error
            }
            await connection.close()
        }
    }

    private static func measure(_ scene: Scene) async throws {
        if scene.plan.parts.contains(.drain) {
            for delay in scene.plan.delays {
                for concurrency in scene.plan.concurrencies {
                    try await Drain(scene: scene, delay: delay, concurrency: concurrency).measure()
                }
            }
        }
    }

    /// A throwaway server, with the settings that durability asks for.
    private static func withServer(
        _ plan: BenchPlan, _ body: @Sendable @escaping (_ conninfo: String, _ directory: String) async throws -> Void
    ) async throws {
        let settings = [
            "fsync=on", "synchronous_commit=on", "full_page_writes=on", "shared_buffers=512MB", "max_wal_size=4GB",
            "max_connections=200",
        ]
        try await LocalPostgres.run(in: plan.directory, settings: settings + plan.serverSettings) { server in
            try await body(server.conninfo(), server.directory)
        }
    }
}
