import Foundation
import LibPQ
import NIOCore
import NIOPosix
import TestSupport
import Testing

/// `/healthz` and `/readyz`: whether the worker is well, and whether it can work at once.
@Suite struct HealthTests {
    @Test func aRunningWorkerIsWellAndReadyAndAnswersSafely() async throws {
        let database = try await TestServer.shared.database()
        try await VendorPeer.run { vendor in
            try await Bridge(database, vendor, StatusFace.settings).run { process in
                let face = try await StatusFace(of: process)
                for path in ["/healthz", "/readyz"] {
                    let answer = try await face.wait(for: path) { $0.status == 200 }
                    #expect(answer.text == "ok\n")
                    #expect(answer.header("cache-control") == "no-store")
                    #expect(answer.header("x-content-type-options") == "nosniff")
                    #expect(
                        answer.header("content-security-policy")?.hasPrefix("default-src 'none'") == true)
                }
                let missing = try await face.get("/nothing")
                #expect(missing.status == 404 && missing.header("x-content-type-options") == "nosniff")
                for host in ["evil.example", "127.0.0.1.evil.example:8780", "10.0.0.1"] {
                    #expect(try await face.get("/metrics", headers: ["Host": host]).status == 421)
                }
                for host in ["localhost:1", "127.0.0.1", "[::1]:8780"] {
                    #expect(try await face.get("/metrics", headers: ["Host": host]).status == 200)
                }
            }
        }
    }

    @Test func aDatabaseThatIsAwayMakesTheWorkerUnreadyAndNotSick() async throws {
        let database = try await TestServer.shared.database()
        let control = TestDatabase(server: database.server, name: "postgres")
        try await VendorPeer.run { vendor in
            try await Bridge(database, vendor, StatusFace.settings).run { process in
                let face = try await StatusFace(of: process)
                #expect(try await face.metric("giftbridge_database_up") == 1)
                try await control.run(
                    """
                    ALTER DATABASE \(database.name) WITH ALLOW_CONNECTIONS false;
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(database.name)'
                    """)
                let away = try await face.wait(for: "/readyz") { $0.text.contains("database error: ") }
                #expect(away.status == 503)
                #expect(try await face.get("/healthz").status == 200)
                let metrics = try await face.get("/metrics").text
                #expect(metrics.contains("giftbridge_database_up 0\n") && metrics.contains("giftbridge_orders_total{"))
                #expect(!metrics.contains("giftbridge_queue_orders"))

                try await control.run("ALTER DATABASE \(database.name) WITH ALLOW_CONNECTIONS true")
                try await face.wait(for: "/readyz") { $0.status == 200 }
                #expect(try await face.metric("giftbridge_database_up") == 1)
                #expect(try await face.metric(#"giftbridge_reconnects_total{connection="listener"}"#) == 1)
            }
        }
    }

    /// A start that waits for its database can be asked how it is, and systemd is asked for patience.
    @Test func aWorkerThatWaitsForItsDatabaseSaysSo() async throws {
        let silence = try SilentPort(isBlackHole: true)
        let socket = try ListeningDatagrams(isAbstract: false)
        defer { socket.close() }
        let settings = [
            "GIFTBRIDGE_DATABASE_URL": "host=127.0.0.1 port=\(silence.port) user=nobody dbname=none",
            "GIFTBRIDGE_API_KEY": VendorPeer.key, "GIFTBRIDGE_HEARTBEAT": "200ms", "NOTIFY_SOCKET": socket.name,
        ]
        _ = try await RunningProcess.run(["run"], environment: StatusFace.settings.merging(settings) { $1 }) {
            process in
            let face = try await StatusFace(of: process)
            #expect(try await face.get("/healthz").status == 200)
            let ready = try await face.get("/readyz")
            #expect(ready.status == 503 && ready.text.hasPrefix("waiting for the database: "), "\(ready.text)")
            let told = try await socket.message { $0.contains("EXTEND_TIMEOUT_USEC=30000000") }
            #expect(told.contains("STATUS=Starting: waiting for the database") && !told.contains("READY"))
        }
    }

    @Test func aDatabaseThatHangsDelaysNoScrapeAndFailsNoLivenessProbe() async throws {
        let database = try await TestServer.shared.database()
        try await VendorPeer.run { vendor in
            try await Bridge(database, vendor, StatusFace.settings).run { process in
                let face = try await StatusFace(of: process)
                let locker = try await database.connect()
                try await locker.script("BEGIN; LOCK TABLE giftbridge.orders IN ACCESS EXCLUSIVE MODE")
                // Each waits for three seconds at most, and all together for the same look.
                let answers = try await withThrowingTaskGroup(of: StatusFace.Answer.self) { group in
                    for _ in 0..<20 { group.addTask { try await face.get("/metrics") } }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(answers.allSatisfy { $0.text.contains("giftbridge_database_up 0\n") })
                let sessions = try await TestDatabase(server: database.server, name: "postgres").value(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND application_name = 'giftbridge http'",
                    [.text(database.name)])
                #expect(sessions == "1")
                #expect(try await face.get("/healthz").status == 200)
                #expect(try await face.get("/readyz").text.contains("database error: "))
                try await locker.script("ROLLBACK")
                try await face.wait(for: "/readyz") { $0.status == 200 }
                await locker.close()
            }
        }
    }

    @Test func aDrainingWorkerIsSeenUntilItsEnd() async throws {
        let database = try await TestServer.shared.database()
        try await VendorPeer.run(["--rate-limit", "0", "--latency", "3s"]) { vendor in
            let settings = StatusFace.settings.merging(["GIFTBRIDGE_REQUEST_TIMEOUT": "20s"]) { $1 }
            try await Bridge(database, vendor, settings).run { process in
                let face = try await StatusFace(of: process)
                try await database.insertOrders(1...1)
                try await database.waitForFlights(1)
                process.signal(SIGTERM)
                let draining = try await face.wait(for: "/readyz") { $0.status == 503 }
                #expect(draining.text.contains("the worker is draining"))
                #expect(try await face.metric(#"giftbridge_worker_state{state="draining"}"#) == 1)
                #expect(try await face.metric("giftbridge_requests_in_flight") == 1)
                #expect(try await face.get("/healthz").status == 200)
                try await process.end()
            }
            #expect(try await database.states() == "completed=1")
        }
    }

    @Test func anAddressInUseStopsNoSellingAndIsTriedAgain() async throws {
        let database = try await TestServer.shared.database()
        try await VendorPeer.run { vendor in
            let bridge = Bridge(database, vendor, StatusFace.settings)
            try await bridge.run { first in
                let face = try await StatusFace(of: first)
                let address = face.url.replacing("http://", with: "")
                try await Bridge(database, vendor, ["GIFTBRIDGE_HTTP_ADDRESS": address]).run { second in
                    try await second.line(containing: "Cannot open the status page address; retrying.")
                    try await database.insertOrders(1...3)
                    try await database.waitUntilFinished()
                    first.signal(SIGTERM)
                    try await first.end()
                    try await second.line(containing: "Status page is available.")
                    #expect(try await face.get("/readyz").status == 200)
                }
            }
            #expect(try await database.states() == "completed=3")
        }
    }
}

/// Connections that are idle or slow, more than the server holds, do not keep the probes away.
@Suite struct SlowClientTests {
    private static let token = "a-token-for-the-tests"
    static let beginnings = [
        "", "GET /healthz HTTP/1.1\r\nX: ",
        "POST /sign-in HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n"
            + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 10000\r\n\r\ntoken=",
    ]

    private static func run(_ body: @Sendable @escaping (StatusFace, _ port: Int) async throws -> Void) async throws {
        let database = try await TestServer.shared.database()
        try await VendorPeer.run { vendor in
            let settings = StatusFace.settings.merging(["GIFTBRIDGE_HTTP_TOKEN": token]) { $1 }
            try await Bridge(database, vendor, settings).run { process in
                let face = try await StatusFace(of: process)
                try await body(face, try #require(URL(string: face.url)?.port))
            }
        }
    }

    @Test(arguments: beginnings) func probesAreAnsweredAtOnce(beginning: String) async throws {
        try await Self.run { face, port in
            try await SlowClients.run(260, port: port, beginning: beginning) { slow in
                #expect(slow.channels.count == 260)
                for path in ["/healthz", "/readyz", "/healthz"] {
                    let start = ContinuousClock.now
                    let answer = try await face.get(path, headers: ["Connection": "close"])
                    #expect(answer.status == 200 && .now - start < .seconds(2), "\(path)")
                }
            }
        }
    }

    /// The first of a connection counts from its beginning, a later one from its first byte.
    @Test(arguments: ["", "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"])
    func aHeadThatTakesLongerThanTenSecondsIsNotWaitedFor(before: String) async throws {
        try await Self.run { _, port in
            let start = ContinuousClock.now
            try await SlowClients.run(
                1, port: port, beginning: before + "GET /healthz HTTP/1.1\r\nX: ", interval: .milliseconds(500)
            ) { slow in
                try await slow.channels[0].closeFuture.get()
                let duration = ContinuousClock.now - start
                #expect(duration > .seconds(9) && duration < .seconds(20))
            }
        }
    }
}

/// Connections to an HTTP server that never get to the point: each begins a request and then sends a byte at a time.
struct SlowClients: Sendable {
    let channels: [any Channel]

    /// Opens them while `body` runs.
    ///
    /// - Parameters:
    ///   - beginning: What each sends at once.
    ///   - interval: How often each sends a byte more.
    static func run(
        _ count: Int, port: Int, beginning: String, interval: TimeAmount = .seconds(1),
        _ body: (SlowClients) async throws -> Void
    ) async throws {
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        var channels: [any Channel] = []
        for _ in 0..<count {
            let channel = try await bootstrap.connect(host: "127.0.0.1", port: port).get()
            channels.append(channel)
            channel.writeAndFlush(ByteBuffer(string: beginning), promise: nil)
            channel.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { task in
                guard channel.isActive else { return task.cancel() }
                channel.writeAndFlush(ByteBuffer(string: "x"), promise: nil)
            }
        }
        defer { for channel in channels { channel.close(promise: nil) } }
        try await body(SlowClients(channels: channels))
    }
}
