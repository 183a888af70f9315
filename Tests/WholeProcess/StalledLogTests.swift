import Foundation
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// Standard error that is not read does not stop sales: Docker's blocking log driver, a stopped journald, `| less`.
@Suite struct StalledLogTests {
    @Test func aWorkerWhoseLogIsNotReadSellsAndDrains() async throws {
        let database = try await TestServer.shared.database()
        try await database.liftLimit()
        let pipe = try OutputPipe(isFull: true)
        defer { try? pipe.readEnd.close() }  // The test is over.
        try await VendorPeer.run(["--rate-limit", "0"]) { vendor in
            let status = try await pipe.run(Bridge(database, vendor, ["GIFTBRIDGE_LOG_LEVEL": "debug"])) {
                try await database.insertOrders(1...1000)
                try await database.waitUntilFinished()
            }
            #expect(status == .exited(0))
        }
        #expect(try await database.states() == "completed=1000")
        #expect(try await pipe.lines() == [], "no line is torn: there was room for none")
    }

    @Test func whatWaitedIsReadLaterWholeAndInOrder() async throws {
        let database = try await TestServer.shared.database()
        try await database.liftLimit()
        let pipe = try OutputPipe(isFull: true)
        defer { try? pipe.readEnd.close() }  // The test is over.
        try await VendorPeer.run(["--rate-limit", "0"]) { vendor in
            try await database.insertOrders(1...300)
            // The pipe is not read before all are sold.
            let read = Task<[String], any Error> {
                try await database.waitUntilFinished()
                return try await pipe.lines()
            }
            let status = try await pipe.run(Bridge(database, vendor)) { try await database.waitUntilFinished() }
            #expect(status == .exited(0))
            let messages = try await read.value.map { line in
                let json = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                return try #require(json?["message"] as? String)
            }
            #expect(messages.first == "The worker is running." && messages.last == "The worker has stopped.")
            #expect(messages.count { $0 == "Order completed." } == 300)
        }
    }
}
