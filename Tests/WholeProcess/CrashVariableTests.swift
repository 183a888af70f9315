import Foundation
import TestSupport
import Testing

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
