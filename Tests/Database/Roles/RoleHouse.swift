import LibPQ
import TestSupport
import Testing

@testable import Giftbridge

/// Two shops of one role each (`a`, `b`), the shop `default`, open to all, and a login of every kind.
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
