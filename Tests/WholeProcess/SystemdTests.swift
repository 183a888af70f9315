import Foundation
import Synchronization
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

/// A datagram socket as systemd has one, and every message that came.
final class ListeningDatagrams: Sendable {
    /// What `$NOTIFY_SOCKET` is to say.
    let name: String
    private let descriptor: Int32
    private let messages = Mutex([String]())

    /// - Parameter isAbstract: In Linux's abstract namespace, or a file.
    init(isAbstract: Bool) throws {
        let file = "giftbridge-\(UUID().uuidString.prefix(8)).socket"
        name = isAbstract ? "@\(file)" : "/tmp/\(file)"
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(name.utf8)
        if isAbstract { bytes[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let size = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
        }
        guard bound == 0 else { throw TimedOut(what: "bind: \(String(cString: strerror(errno)))") }
    }

    func close() {
        Glibc.close(descriptor)
        if name.hasPrefix("/") { unlink(name) }
    }

    /// Everything that came so far.
    var all: [String] {
        messages.withLock { messages in
            var buffer = [UInt8](repeating: 0, count: 65536)
            while case let count = recv(descriptor, &buffer, buffer.count, 0), count > 0 {
                messages.append(String(decoding: buffer[..<count], as: UTF8.self))
            }
            return messages
        }
    }

    /// Waits for a message.
    @discardableResult
    func message(within bound: Duration = .seconds(30), _ isRight: (String) -> Bool) async throws -> String {
        let deadline = ContinuousClock.now + bound
        while ContinuousClock.now < deadline {
            if let message = all.first(where: isRight) { return message }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw TimedOut(what: "a message to systemd; there are \(all)")
    }
}
