import Foundation
import TestSupport
import Testing

/// What systemd hears from `giftbridge run`, on a real datagram socket.
@Suite struct SystemdTests {
    @Test(arguments: [false, true])
    func theWorkerTellsWhenItIsReadyWhatItDoesThatItLivesAndThatItStops(isAbstract: Bool) async throws {
        let database = try await TestServer.shared.database()
        let socket = try ListeningDatagrams(isAbstract: isAbstract)
        defer { socket.close() }
        try await VendorPeer.run(["--rate-limit", "0", "--latency", "3s"]) { vendor in
            let settings = [
                "NOTIFY_SOCKET": socket.name, "WATCHDOG_USEC": "400000", "GIFTBRIDGE_HEARTBEAT": "300ms",
                "GIFTBRIDGE_REQUEST_TIMEOUT": "20s",
            ]
            let outcome = try await Bridge(database, vendor, settings).run { process in
                let ready = try await socket.message { $0.contains("READY=1") }
                #expect(ready.contains("STATUS=Running: 0 completed, 0 refused, 0 in doubt, 0 in flight"))
                try await database.insertOrders(1...1)
                try await socket.message { $0.contains(", 1 in flight") }
                try await socket.message { $0.hasPrefix("STATUS=Running: 1 completed, 0 refused") }
                try await database.insertOrders(2...2)
                try await socket.message { $0.contains("1 completed, 0 refused, 0 in doubt, 1 in flight") }
                process.signal(SIGTERM)
                let stopping = try await socket.message { $0.contains("STOPPING=1") }
                #expect(stopping.contains("STATUS=Draining: 1 requests in flight"))
                try await process.end()
            }.outcome
            #expect(outcome.status == 0)
            let all = socket.all
            #expect(all.firstIndex { $0.contains("READY=1") } == 0, "nothing before it is ready")
            #expect(all.count { $0.contains("READY=1") } == 1 && all.count { $0 == "WATCHDOG=1" } > 3)
            // Fed while it drains too: the drain may take longer than the watchdog's time.
            let stop = try #require(all.firstIndex { $0.contains("STOPPING=1") })
            #expect(all[stop...].contains("WATCHDOG=1"))
            #expect(try await database.states() == "completed=2")
        }
    }

    @Test func withoutAWatchdogNoneIsFedAndAWorkerThatCannotListenIsReadyAllTheSame() async throws {
        let database = try await TestServer.shared.database()
        let socket = try ListeningDatagrams(isAbstract: false)
        defer { socket.close() }
        // Room for one session of this role: the worker's own. The listener's is refused.
        try await database.run(
            """
            CREATE ROLE narrow LOGIN CONNECTION LIMIT 1 IN ROLE giftbridge_worker
            """)
        try await VendorPeer.run { vendor in
            let settings = [
                "NOTIFY_SOCKET": socket.name, "GIFTBRIDGE_HEARTBEAT": "200ms", "WATCHDOG_USEC": "100000",
                "WATCHDOG_PID": "1", "GIFTBRIDGE_DATABASE_URL": database.conninfo + " user=narrow",
            ]
            try await Bridge(database, vendor, settings).runAndDrain { _ in
                try await socket.message { $0.contains("READY=1") }
                try await socket.message { $0.contains("0 in flight, polling, as LISTEN is down") }
            }
            #expect(!socket.all.contains("WATCHDOG=1"), "another process's watchdog")
        }
    }

    @Test func aWorkerWithoutADatabaseIsNeverReady() async throws {
        let socket = try ListeningDatagrams(isAbstract: false)
        defer { socket.close() }
        let environment = [
            "GIFTBRIDGE_DATABASE_URL": "host=/nowhere", "GIFTBRIDGE_API_KEY": VendorPeer.key,
            "GIFTBRIDGE_HEARTBEAT": "200ms", "NOTIFY_SOCKET": socket.name, "WATCHDOG_USEC": "100000",
        ]
        _ = try await RunningProcess.run(["run"], environment: environment) { process in
            try await process.line(containing: "No connection to the database")
            try await socket.message { $0.contains("STATUS=Starting: waiting for the database") }
            #expect(!socket.all.contains { $0.contains("READY=1") })
        }
    }
}
