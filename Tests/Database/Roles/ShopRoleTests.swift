import LibPQ
import TestSupport
import Testing

@testable import Giftbridge

extension DatabaseTests {
    /// What a shop may do, and whose orders are whose.
    struct ShopRoleTests {
        private static func insert(_ shop: String) -> String {
            TestQueue.insert(1, ["shop": "'\(shop)'"]) + " RETURNING id"
        }

        @Test func aShopHasItsWholeWay() async throws {
            let house = try await RoleHouse.make()
            let shop = try await house.session(.a)
            let ids = [try await shop.value(Self.insert("a")), try await shop.value(Self.insert("a"))].compactMap(
                \.self)
            try await shop.run(
                "UPDATE giftbridge.orders SET customer_town = 'Newport', priority = 3 WHERE id = \(ids[0])")
            try await shop.run("SELECT giftbridge.cancel(\(ids[1]))")
            let order = try #require(try await house.test.claim().first)
            try await house.test.settle(Settlement(of: order, .rejected, .rejected, error: "No."))
            #expect(try await shop.value("SELECT error FROM giftbridge.orders WHERE id = \(ids[0])") == "No.")
            try await shop.run("UPDATE giftbridge.orders SET payment_method = 2 WHERE id = \(ids[0])")
            try await shop.run("SELECT giftbridge.retry(\(ids[0]))")
            let again = try #require(try await house.test.claim().first)
            // On its way it is out of the shop's hands: neither changed nor locked.
            let change = try await shop.refusal("UPDATE giftbridge.orders SET customer_town = 'x' WHERE id = \(ids[0])")
            #expect(change?.sqlState == "55000")
            try await house.test.settle(.sold(again))
            #expect(
                try await shop.column("SELECT status FROM giftbridge.orders ORDER BY id") == ["completed", "cancelled"])
            #expect(
                try await shop.column("SELECT code FROM giftbridge.vouchers") == again.assignedCodes.compactMap(\.self))
        }

        /// Where one shop has a role, the shop without one would be a window into it.
        @Test func aShopWithoutRoleIsClosedOnceAnotherHasOne() async throws {
            let house = try await RoleHouse.make()
            let (a, b) = (try await house.session(.a), try await house.session(.b))
            let id = try #require(try await house.test.insert().first)
            #expect(try await a.refusal(Self.insert("default")) != nil)
            #expect(try await a.value("SELECT count(*) FROM giftbridge.orders WHERE id = \(id)") == "0")
            #expect(try await a.refusal("SELECT giftbridge.cancel(\(id))")?.sqlState == "P0002")
            #expect(try await a.value("SELECT count(*) FROM giftbridge.shops WHERE name = 'default'") == "0")

            try await house.test.run("UPDATE giftbridge.shops SET db_role = NULL")
            let own = try #require(try await a.value(Self.insert("default")))
            #expect(try await b.value("SELECT shop FROM giftbridge.orders WHERE id = \(own)") == "default")
            try await b.run("SELECT giftbridge.cancel(\(own))")
        }

        /// A pool that logs in once and takes the shop's role for each request.
        @Test func theRoleThatTheSessionTookCounts() async throws {
            let house = try await RoleHouse.make()
            try await house.test.run(
                house.filled(
                    "ALTER ROLE $outsider NOINHERIT; GRANT $b TO $outsider; GRANT giftbridge_shop TO $outsider"))
            let pool = try await house.session(.outsider)
            #expect(try await pool.refusal("SELECT FROM giftbridge.orders")?.sqlState == "42501")
            try await pool.run(house.filled("SET ROLE $b"))
            #expect(try await pool.value("SELECT count(*) FROM giftbridge.orders") == "3")
            #expect(try await pool.column("SELECT code FROM giftbridge.vouchers") == ["SECRETCODE1"])
            try await pool.run("SELECT giftbridge.cancel(\(house.pending))")
            try await pool.run("SET ROLE giftbridge_shop")
            #expect(try await pool.value("SELECT count(*) FROM giftbridge.orders") == "0")
            #expect(try await pool.refusal("SELECT giftbridge.retry(\(house.rejected))")?.sqlState == "P0002")
        }

        @Test func membersOfTheShopsRoleAreTheShop() async throws {
            let house = try await RoleHouse.make()
            try await house.test.run(house.filled("GRANT $b TO $a"))
            let session = try await house.session(.a)
            #expect(try await session.value("SELECT count(*) FROM giftbridge.orders") == "3")
            try await session.run("SELECT giftbridge.retry(\(house.rejected))")
        }

        @Test func aRoleThatIsGoneClosesItsShopAndNoOther() async throws {
            let house = try await RoleHouse.make()
            try await house.test.run("UPDATE giftbridge.shops SET db_role = 'It''s \"gone\"' WHERE name = 'b'")
            #expect(try await house.session(.b).value("SELECT count(*) FROM giftbridge.orders") == "0")
            #expect(try await house.session(.b).refusal(Self.insert("b"))?.sqlState == "23514")
            _ = try await house.session(.a).value(Self.insert("a"))
            #expect(try await house.test.value("SELECT count(*) FROM giftbridge.vouchers") == "1")
        }

        /// One of the operator's commands, with the worker's login.
        @Test func theWorkersLoginActsOnEveryShop() async throws {
            let house = try await RoleHouse.make()
            let worker = try await house.session(.worker)
            try await worker.run(
                "SELECT giftbridge.retry(\(house.rejected)); SELECT giftbridge.cancel(\(house.pending))")
            try await worker.run("SELECT giftbridge.pause('b', 'why'); SELECT giftbridge.resume('b')")
            #expect(try await house.test.status(house.rejected) == "pending")
            #expect(try await house.test.status(house.pending) == "cancelled")
        }

        /// What page, metrics and commands show, of every shop.
        @Test func theWorkersLoginReadsWhatTheOperatorSees() async throws {
            let house = try await RoleHouse.make()
            let worker = try await house.session(.worker)
            let desk = OperatorDesk(worker.connection)
            #expect(try await desk.queues().map(\.shop) == ["a", "b", "default"])
            var search = OrderSearch()
            search.shopOrderID = "B3"
            #expect(try await desk.orders(search).map(\.id) == [house.rejected])
            #expect(try await desk.find("B1") == [house.completed])
            #expect(try await desk.story(of: house.rejected)?.journal.count == 1)
            #expect(try await desk.soldByMinute().reduce(0, +) == 1)
            _ = try await desk.workers()
            for query in [SQL.Reading.gauges, SQL.Reading.livingWorkers, SQL.Check.shops] {
                #expect(try await worker.connection.query(query).count > 0)
            }
            #expect(try await worker.connection.query(SQL.Check.rights).count == 0)
        }

        /// Row-level security is looked up by the shop's key, not by reading all shops or orders.
        @Test func aShopsOwnLookupsUseTheIndexes() async throws {
            let house = try await RoleHouse.make()
            try await house.test.run("SET session_replication_role = replica")
            try await house.test.insert(5000, ["shop": "'b'", "shop_order_id": "'X' || i"])
            try await house.test.run("RESET session_replication_role; ANALYZE giftbridge.orders")
            let plan = try await house.session(.a).column(
                "EXPLAIN SELECT status FROM giftbridge.orders WHERE shop = 'a' AND shop_order_id = 'X7'")
            #expect(plan.contains { $0.contains("orders_shop_order_id_key") }, "\(plan)")
        }
    }
}

/// Two shops of one role each (`a`, `b`), the shop `default` without a role, and a login of every kind.
///
/// Shop b has what others would like to see: a completed, a pending and a rejected order, with texts and codes that begin SECRET.
struct RoleHouse: Sendable {
    /// Who tries.
    enum Login: String, CaseIterable, Sendable {
        case a, b, monitor, worker
        /// A login without any role.
        case outsider
    }

    let test: TestQueue
    let completed: Int
    let pending: Int
    let rejected: Int

    static func make() async throws -> RoleHouse {
        let test = try await TestQueue.make()
        let groups: [Login: String] = [
            .a: "giftbridge_shop", .b: "giftbridge_shop", .monitor: "giftbridge_monitor", .worker: "giftbridge_worker",
        ]
        for login in Login.allCases {
            let member = groups[login].map { " IN ROLE \($0)" } ?? ""
            try await test.run("CREATE ROLE \(name(login, test)) LOGIN\(member)")
        }
        for login in [Login.a, .b] {
            try await test.shop(login.rawValue, ["db_role": "'\(name(login, test))'"])
            // Where a shop may make what it likes.
            try await test.run("CREATE SCHEMA evil_\(login) AUTHORIZATION \(name(login, test))")
        }
        let secrets = [
            "shop": "'b'", "customer_email": "'SECRET@example.com'", "customer_town": "'SECRETTOWN'",
            "items":
                "'[{\"id\": 1, \"price\": 5, \"message\": \"SECRETMESSAGE\", \"code\": \"SECRETCODE' || i || '\"}]'",
        ]
        let ids = try await test.insert(3, secrets.merging(["shop_order_id": "'B' || i"]) { $1 })
        try await test.run(
            """
            UPDATE giftbridge.orders SET submit_after = now() + interval '1 h' WHERE id = \(ids[1]);
            ANALYZE giftbridge.orders
            """)
        for order in try await test.claim() {
            let settlement: Settlement =
                order.orderID == ids[0]
                ? .sold(order, reference: "SECRETREFERENCE", codes: ["SECRETCODE1"])
                : Settlement(of: order, .rejected, .rejected, error: "SECRETREASON")
            try await test.settle(settlement)
        }
        return RoleHouse(test: test, completed: ids[0], pending: ids[1], rejected: ids[2])
    }

    /// Roles belong to the whole server, which all tests share.
    static func name(_ login: Login, _ test: TestQueue) -> String { "\(test.database.name)_\(login)" }

    func name(_ login: Login) -> String { Self.name(login, test) }

    /// A session of a login.
    func session(_ login: Login) async throws -> Session {
        Session(connection: try await test.database.connect("user=\(name(login))"))
    }

    struct Session: Sendable {
        let connection: Connection

        func run(_ sql: String) async throws { try await connection.script(sql) }

        func value(_ sql: String) async throws -> String? { try await connection.query(sql).first?.optionalText(0) }

        func column(_ sql: String) async throws -> [String] {
            try await connection.query(sql).map { try $0.optionalText(0) ?? "NULL" }
        }

        /// The SQLSTATE that a script ends with; nil: it was done. Whatever it did is undone.
        func refusal(_ sql: String) async throws -> ServerError? {
            do {
                try await connection.script("BEGIN; \(sql); ROLLBACK")
                return nil
            } catch let error as ServerError {
                try await connection.script("ROLLBACK")
                return error
            }
        }
    }

    /// `$completed`, `$pending`, `$rejected`: b's orders; `$a`, `$b` and so on: the logins.
    func filled(_ sql: String) -> String {
        var sql = sql.replacing("$completed", with: "\(completed)").replacing("$pending", with: "\(pending)")
            .replacing("$rejected", with: "\(rejected)")
        for login in Login.allCases { sql = sql.replacing("$\(login)", with: name(login)) }
        return sql
    }
}

/// Something that a role must not be able to do.
struct Attempt: Sendable, CustomTestStringConvertible {
    let who: RoleHouse.Login
    let sql: String
    /// What it is refused with.
    let sqlState: String

    init(_ who: RoleHouse.Login, _ sqlState: String, _ sql: String) {
        self.who = who
        self.sql = sql
        self.sqlState = sqlState
    }

    var testDescription: String { "\(who): \(sql)" }
}
