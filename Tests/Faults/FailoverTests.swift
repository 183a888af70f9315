import Foundation
import LibPQ
import LocalPostgres
import TestSupport
import Testing

extension OneAtATime {
    /// Two servers, a primary and its synchronous standby, both in the worker's connection string.
    @Suite(.timeLimit(.minutes(2))) struct FailoverTests {
        @Test func aFailoverToTheSynchronousStandbyLosesNothing() async throws {
            try await Self.sellThroughAFailover { pair, _ in try await pair.primary.server.kill() }
        }

        /// The old primary comes back as a standby, which answers and takes no writes, and is the first in the list.
        @Test func aDemotedPrimaryIsLeftForTheNextHost() async throws {
            try await Self.sellThroughAFailover { pair, worker in
                try await pair.primary.server.stop()
                let signal = "\(pair.primary.server.directory)/data/standby.signal"
                try #require(FileManager.default.createFile(atPath: signal, contents: nil))
                try await pair.primary.server.start()
                #expect(try await pair.primary.holds("pg_is_in_recovery()"), "still a primary")
                try await worker.line(containing: "No connection to the database")
            }
        }

        private static func sellThroughAFailover(
            _ fail: @Sendable @escaping (ReplicatedPair, RunningProcess) async throws -> Void
        ) async throws {
            try await ReplicatedPair.run { pair in
                try await VendorPeer.run(["--rate-limit", "0", "--latency", "120ms"]) { vendor in
                    let hosts = "\(pair.primary.server.directory),\(pair.standby.server.directory)"
                    let bridge = Bridge.quick(
                        pair.primary, vendor,
                        [
                            "GIFTBRIDGE_DATABASE_URL": "host=\(hosts) user=postgres dbname=postgres",
                            "GIFTBRIDGE_CONCURRENCY": "16",
                        ])
                    try await pair.primary.insertOrders(1...600)
                    try await bridge.run { worker in
                        try await pair.primary.wait(
                            for: "t", from: "SELECT count(*) > 100 FROM giftbridge.orders WHERE status = 'completed'")
                        try await fail(pair, worker)
                        #expect(try await pair.standby.holds("pg_is_in_recovery()"), "still a standby")
                        try await pair.standby.run("SELECT pg_promote()")
                        #expect(
                            try await pair.standby.holds(
                                "EXISTS (SELECT FROM giftbridge.orders WHERE status = 'pending')"),
                            "work was left for the new primary")
                        try await worker.line(containing: "Database connection restored.")
                        // The listener moves too: within its ping's interval from a server that is still up.
                        try await pair.standby.wait(
                            for: "1",
                            from: "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'giftbridge listen'",
                            within: .seconds(40))
                        try await pair.standby.insertOrders(601...620)
                        try await pair.standby.waitUntilSettled()
                    }
                    #expect(try await pair.standby.states() == "completed=620")
                    try await expectTheBooksBalance(pair.standby, vendor)
                }
            }
        }
    }
}

/// A primary and its hot standby, of which every commit waits.
struct ReplicatedPair: Sendable {
    let primary: TestDatabase
    let standby: TestDatabase

    static func run(_ body: @Sendable @escaping (ReplicatedPair) async throws -> Void) async throws {
        try await onADatabaseThatMayCrash { primary in
            try await LocalPostgres.run(in: TestServer.directory, standbyOf: primary.server) { server in
                let connection = try await primary.connect()
                _ = try await connection.query("ALTER SYSTEM SET synchronous_standby_names = '*'")
                _ = try await connection.query("SELECT pg_reload_conf()")
                await connection.close()
                try await primary.wait(
                    for: "sync", from: "SELECT max(sync_state) FROM pg_stat_replication WHERE state = 'streaming'")
                try await body(
                    ReplicatedPair(primary: primary, standby: TestDatabase(server: server, name: "postgres")))
            }
        }
    }
}
