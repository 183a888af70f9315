import LibPQ
import TestSupport
import Testing

@testable import Giftbridge

/// The suites of this folder run one after another: some measure time, and all share two cores with their server.
@Suite(.serialized, .timeLimit(.minutes(1))) enum DatabaseTests {}

/// A database of its own, with the bridge's view of it (``OrderQueue``) and a shop's.
struct TestQueue: Sendable {
    let database: TestDatabase
    let connection: Connection
    let queue: OrderQueue

    /// Shop `default` with payment method 1 and delivery methods 1 (online), 2 (offline).
    ///
    /// - Parameter rateLimit: SQL for the shop's limit; by default there is none.
    static func make(rateLimit: String = "NULL") async throws -> TestQueue {
        let database = try await TestServer.shared.database()
        let test = TestQueue(database: database, connection: try await database.connect(), worker: "one")
        try await test.run(
            "UPDATE giftbridge.shops SET payment_method = 1, offline_methods = '{2}', rate_limit = \(rateLimit)")
        return test
    }

    private init(database: TestDatabase, connection: Connection, worker: String) {
        self.database = database
        self.connection = connection
        queue = OrderQueue(connection: connection, worker: worker)
    }

    /// Another worker at the same database.
    func other(_ worker: String = "two") async throws -> TestQueue {
        TestQueue(database: database, connection: try await database.connect(), worker: worker)
    }

    func run(_ sql: String) async throws { try await connection.script(sql) }

    func value(_ sql: String) async throws -> String? { try await connection.query(sql).first?.optionalText(0) }

    func int(_ sql: String) async throws -> Int { try await connection.query(sql).first?.int(0) ?? 0 }

    /// The first column of every row; NULL is "NULL".
    func column(_ sql: String) async throws -> [String] {
        try await connection.query(sql).map { try $0.optionalText(0) ?? "NULL" }
    }

    /// What the server refuses a statement with.
    func error(_ sql: String, sourceLocation: SourceLocation = #_sourceLocation) async throws -> ServerError {
        try await #require(throws: ServerError.self, sourceLocation: sourceLocation) { try await run(sql) }
    }

    // MARK: Orders

    /// Inserts orders that a shop may write.
    ///
    /// - Parameter columns: SQL by column, instead of the smallest order's; `i` is the order's number, from 1.
    /// - Returns: Their ids, in order.
    @discardableResult
    func insert(_ count: Int = 1, _ columns: [String: String] = [:]) async throws -> [Int] {
        try await connection.query(Self.insert(count, columns) + " RETURNING id").map { try $0.int(0) }
    }

    static func insert(_ count: Int = 1, _ columns: [String: String] = [:]) -> String {
        let smallest = [
            "items": "'[{\"id\": 1, \"price\": 100.00}]'", "customer_email": "'bob@example.com'",
            "delivery_method": "1", "delivery_email": "'ann@example.com'",
        ]
        let all = smallest.merging(columns) { $1 }.sorted { $0.key < $1.key }
        let values = all.map { $0.key == "items" ? "(\($0.value))::jsonb" : $0.value }
        return "INSERT INTO giftbridge.orders (\(all.map(\.key).joined(separator: ", "))) "
            + "SELECT \(values.joined(separator: ", ")) FROM generate_series(1, \(count)) AS i"
    }

    /// A shop with payment method 1 and no limit.
    func shop(_ name: String, _ columns: [String: String] = [:]) async throws {
        let all = ["name": "'\(name)'", "payment_method": "1", "rate_limit": "NULL"].merging(columns) { $1 }
            .sorted { $0.key < $1.key }
        try await run(
            "INSERT INTO giftbridge.shops (\(all.map(\.key).joined(separator: ", "))) "
                + "VALUES (\(all.map(\.value).joined(separator: ", ")))")
    }

    func claim(
        _ slots: Int = 100, lease: Duration = .seconds(120), verifyAfter: Duration = .seconds(60)
    ) async throws -> [ClaimedOrder] {
        let claim = OrderQueue.Claim(slots: slots, lease: lease, verifyAfter: verifyAfter)
        return try await queue.claim(claim).orders().map { try $0.get() }
    }

    /// Inserts an order and claims it.
    func claimedOrder(_ columns: [String: String] = [:]) async throws -> ClaimedOrder {
        try await insert(1, columns)
        return try #require(try await claim().first)
    }

    /// Lets the leases of all that is in the air end, and has them rescued. No verification is due afterwards.
    func loseWorker() async throws {
        try await run("UPDATE giftbridge.orders SET due_at = now() - interval '1 s' WHERE status = 'submitting'")
        _ = try await connection.query("SELECT giftbridge.rescue('1 h')")
    }

    /// Makes every verification due.
    func verifyNow() async throws {
        try await run("UPDATE giftbridge.orders SET due_at = now() WHERE status = 'in_doubt' AND due_at IS NOT NULL")
    }

    /// The worker says that it runs.
    func heartbeat() async throws {
        var status = WorkerStatus(host: "host", pid: 7, version: "1.0")
        status.state = .running
        try await queue.heartbeat(status)
    }

    @discardableResult
    func settle(_ settlement: Settlement) async throws -> Settled {
        try #require(try await queue.settle([settlement]).first)
    }

    /// Some columns of an order as text; NULL is nil.
    func order(_ id: Int, _ columns: String...) async throws -> [String?] {
        let list = columns.map { "(\($0))::text" }.joined(separator: ", ")
        let row = try #require(
            try await connection.query("SELECT \(list) FROM giftbridge.orders WHERE id = $1", [.int(id)]).first)
        return try columns.indices.map { try row.optionalText($0) }
    }

    /// Inserts an order that is in some state already, past the triggers.
    func insert(in status: OrderStatus) async throws -> Int {
        try await run("SET session_replication_role = replica")
        let id = try await insert(1, Self.columns(of: status))[0]
        try await run("RESET session_replication_role")
        return id
    }

    /// What goes with a state, as the table's constraints want it.
    static func columns(of status: OrderStatus) -> [String: String] {
        [
            "status": "'\(status.rawValue)'",
            "completed_at": status == .completed ? "now()" : "NULL",
            "voucher_codes": status == .completed ? "'{C}'::text[]" : "NULL",
            "submission_id": status == .submitting ? "1" : "NULL",
            "due_at": [.pending, .submitting].contains(status) ? "now()" : "NULL",
            "in_doubt_since": status == .inDoubt ? "now()" : "NULL",
            "error": [.rejected, .failed, .inDoubt].contains(status) ? "'Why.'" : "NULL",
        ]
    }

    func status(_ id: Int) async throws -> String? { try await order(id, "status")[0] }
}

extension Settlement {
    /// A settlement of an order's submission.
    init(
        of order: ClaimedOrder, _ outcome: Outcome, _ status: OrderStatus, error: String? = nil, dueIn: Duration? = nil
    ) {
        self.init(
            submissionID: order.submissionID, orderID: order.orderID, shop: order.shop, outcome: outcome,
            status: status,
            dueIn: dueIn, error: error, journalError: error)
    }

    static func sold(_ order: ClaimedOrder, reference: String? = "SG-1", codes: [String] = ["CODE1"]) -> Settlement {
        var settlement = Settlement(of: order, .completed, .completed)
        settlement.httpStatus = 200
        settlement.reference = reference
        settlement.voucherCodes = codes
        return settlement
    }
}

extension TestQueue {
    /// What is notified on some channels while `body` runs. Equal ones that wait together are one.
    func notifications(
        on channels: String..., during body: () async throws -> Void
    ) async throws -> [LibPQ.Notification] {
        let (listener, notifications) = try await database.listener()
        for channel in channels + ["the_end"] { try await listener.script("LISTEN \(channel)") }
        try await body()
        try await database.run("NOTIFY the_end")
        var received: [LibPQ.Notification] = []
        for await notification in notifications {
            if notification.channel == "the_end" { break }
            let isNew = !received.contains {
                $0.channel == notification.channel && $0.payload == notification.payload
            }
            if isNew { received.append(notification) }
        }
        await listener.close()
        return received
    }
}
