import LibPQ
import TestSupport
import Testing

@testable import Giftbridge

extension DatabaseTests {
    /// Whether a database is where it was installed: a copy must not sell before it is adopted.
    struct IdentityTests {
        private static func identity(_ test: TestQueue) async throws -> String? {
            try await test.value(
                "SELECT concat_ws(' ', is_clone, is_promoted, sequences_set) FROM giftbridge.identity()")
        }

        private static func adopted() async throws -> TestQueue {
            let test = try await TestQueue.make()
            try await Installation.adopt(over: test.connection)
            return test
        }

        @Test func aDatabaseThatIsWhereItWasInstalledIsNoClone() async throws {
            let database = try await TestServer.shared.emptyDatabase()
            let connection = try await database.connect()
            _ = try await Schema.migrate(connection, roles: false)
            let test = TestQueue(database: database, connection: connection, worker: "one")
            #expect(try await Self.identity(test) == "f f {}")
            #expect(try await !Installation(connection).isClone)
        }

        /// The database has moved to another cluster: a base backup has the same identifier, a restored dump another.
        @Test func anotherClusterIsAClone() async throws {
            let test = try await Self.adopted()
            #expect(try await !Installation(test.connection).isClone)
            try await test.run("UPDATE giftbridge.installation SET system_identifier = system_identifier + 1")
            #expect(try await Installation(test.connection).isClone)
            #expect(try await Installation(test.connection).findings.map(\.level) == [.fault])
            try await Installation.adopt(over: test.connection)
            #expect(try await !Installation(test.connection).isClone)
            #expect(try await test.value("SELECT action FROM giftbridge.actions") == "adopt")
        }

        /// It has the secret: what is inserted in both has the same codes, and what sold in one is found sold by the other.
        @Test func aCopyInTheSameClusterIsAClone() async throws {
            let test = try await Self.adopted()
            let numbered = ["shop_order_id": "'100045'"]
            await test.connection.close()
            let copied = try await TestServer.shared.copy(of: test.database.name)
            let copy = TestQueue(database: copied, connection: try await copied.connect(), worker: "one")
            #expect(try await Installation(copy.connection).isClone)
            let original = try await test.other("one")
            #expect(try await !Installation(original.connection).isClone)
            try await Installation.adopt(over: copy.connection)
            #expect(try await !Installation(copy.connection).isClone)

            let codes = "SELECT code FROM giftbridge.codes"
            try await original.insert(1, numbered)
            // Another id.
            try await copy.insert(3)
            try await copy.run("SELECT giftbridge.cancel(id) FROM giftbridge.orders; DELETE FROM giftbridge.orders")
            try await copy.insert(1, numbered)
            #expect(try await original.value(codes) == copy.value(codes))
            #expect(try await original.value(codes) != nil)
        }

        @Test func aPromotedStandbyIsToldOnce() async throws {
            let test = try await Self.adopted()
            try await test.run("UPDATE giftbridge.installation SET timeline = timeline - 1")
            #expect(try await Installation(test.connection).promotedAt != nil, "before a worker sees it")
            #expect(try await Self.identity(test) == "f t {}")
            #expect(try await Self.identity(test) == "f f {}")
            #expect(try await Installation(test.connection).findings.map(\.level) == [.warning])
            try await Installation.adopt(over: test.connection)
            #expect(try await Installation(test.connection).findings == [])
        }

        /// As after a restore that brought the rows and not the sequences.
        @Test func sequencesThatAreBehindAreSetRight() async throws {
            let test = try await Self.adopted()
            let ids = try await test.insert(20)
            try await test.run("SELECT giftbridge.cancel(\(ids[0])), giftbridge.cancel(\(ids[1]))")
            try await test.run(
                "SELECT setval('giftbridge.orders_id_seq', 3); SELECT setval('giftbridge.actions_id_seq', 1)")
            #expect(try await test.error(TestQueue.insert()).sqlState == "23505")
            #expect(try await Self.identity(test) == "f f {orders,actions}")
            #expect(try await test.insert()[0] > ids[19])
            #expect(try await Self.identity(test) == "f f {}")
        }

        /// A clone is not touched: it may be a copy to look at.
        @Test func aCloneIsLeftAsItIs() async throws {
            let test = try await Self.adopted()
            try await test.run("UPDATE giftbridge.installation SET database_oid = database_oid::bigint + 1")
            try await test.insert(20)
            try await test.run("SELECT setval('giftbridge.orders_id_seq', 3)")
            #expect(try await Self.identity(test) == "t f {}")
            #expect(try await test.value("SELECT last_value FROM giftbridge.orders_id_seq") == "3")
        }

        @Test func onlyTheOwnerAdopts() async throws {
            let test = try await Self.adopted()
            for role in ["giftbridge_worker", "giftbridge_shop", "giftbridge_monitor"] {
                try await test.run("SET ROLE \(role)")
                #expect(try await test.error("SELECT giftbridge.adopt()").sqlState == "42501", "\(role)")
                try await test.run("RESET ROLE")
            }
            // Workers ask.
            try await test.run("SET ROLE giftbridge_worker")
            #expect(try await !Installation(test.connection).isClone)
        }
    }
}
