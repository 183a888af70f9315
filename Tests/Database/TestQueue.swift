import LibPQ
import SmartGift
import TestSupport
import Testing

@testable import Giftbridge

/// The suites of this folder run one after another: some measure time, and all share two cores with their server.
@Suite(.serialized, .timeLimit(.minutes(1))) enum DatabaseTests {}

/// A database of its own, with the worker's view of it (``Queue``) and a shop's.
struct TestQueue: Sendable {
    let database: TestDatabase
    let connection: Connection
    let queue: Queue
    /// The key that this worker has for every shop.
    let fingerprint: String

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

    init(
        database: TestDatabase, connection: Connection, worker: String, fingerprint: String = "0000000a",
        lease: Duration = .seconds(120)
    ) {
        self.database = database
        self.connection = connection
        self.fingerprint = fingerprint
        queue = Queue(connection: connection, worker: worker, lease: lease, policy: RetryPolicy())
    }

    /// Another worker at the same database.
    func other(_ worker: String = "two", fingerprint: String = "0000000a") async throws -> TestQueue {
        TestQueue(
            database: database, connection: try await database.connect(), worker: worker, fingerprint: fingerprint)
    }

    /// The same worker with another lease.
    func leasing(_ lease: Duration) -> TestQueue {
        TestQueue(
            database: database, connection: connection, worker: queue.worker, fingerprint: fingerprint, lease: lease)
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

    /// Claims from every lane that has something due, as much as there is.
    ///
    /// - Parameter shops: Only of these; nil: of all.
    func claim(_ slots: Int = 100, shops: [String]? = nil) async throws -> [ClaimedOrder] {
        try await tell()
        let portions = try await ready().filter { shops?.contains($0.shop) ?? true }
            .map { Rota.Portion(lane: $0, most: slots) }
        return try await claim(portions, slots: slots)
    }

    /// Claims from these lanes.
    func claim(_ portions: [Rota.Portion], slots: Int = 100) async throws -> [ClaimedOrder] {
        guard !portions.isEmpty else { return [] }
        let turn = try await queue.begin(settling: nil, claiming: Queue.Claim(slots: slots, portions: portions))
        return try await queue.finish(turn).claimed?.orders().map { try $0.order.get() } ?? []
    }

    /// The lanes that a claim may take something from now.
    func ready() async throws -> [Lane] {
        try await queue.look(.far).filter { $0.wait == .zero }.compactMap(\.lane)
    }

    /// Says that this worker runs, and that it has one key for all shops.
    func tell() async throws {
        try await heartbeat()
        try await tell(column("SELECT name FROM giftbridge.shops").reduce(into: [:]) { $0[$1] = fingerprint })
    }

    /// Says which keys this worker has.
    ///
    /// - Parameter keys: Fingerprints by shop.
    func tell(_ keys: [String: String]) async throws {
        let told = keys.sorted { $0.key < $1.key }
        try await connection.query(
            SQL.Worker.tellAccounts,
            [
                .text(queue.worker), .textArray(told.map(\.key)), .textArray(told.map(\.value)),
                .textArray(told.map { _ in "vendor" }), .textArray(told.map { _ in nil }),
            ])
    }

    /// Inserts an order and claims it.
    func claimedOrder(_ columns: [String: String] = [:]) async throws -> ClaimedOrder {
        try await insert(1, columns)
        return try #require(try await claim().first)
    }

    /// Lets the leases of all that is in flight end, and has them rescued. No verification is due afterwards.
    func loseWorker() async throws {
        try await run("UPDATE giftbridge.in_flight SET lease_until = now() - interval '1 s'")
        _ = try await connection.query("SELECT giftbridge.rescue('1 h', 10)")
    }

    /// Makes every verification due.
    func verifyNow() async throws {
        try await run("UPDATE giftbridge.due SET due_at = now() WHERE lane >= 200")
    }

    /// The worker says that it runs.
    func heartbeat() async throws {
        var status = WorkerStatus(host: "host", pid: 7, version: "1.0")
        status.state = .running
        try await queue.heartbeat(status)
    }

    @discardableResult
    func settle(_ settlement: Settlement) async throws -> Settled {
        try #require(try await settle([settlement]).first)
    }

    @discardableResult
    func settle(_ results: [Settlement], skipsLocked: Bool = false) async throws -> [Settled] {
        let batch = Backlog.Batch(results: results, skipsLocked: skipsLocked)
        return try await queue.finish(try await queue.begin(settling: batch, claiming: nil)).settled
    }

    /// Some columns of an order as text; NULL is nil.
    func order(_ id: Int, _ columns: String...) async throws -> [String?] {
        let list = columns.map { "(\($0))::text" }.joined(separator: ", ")
        let row = try #require(
            try await connection.query("SELECT \(list) FROM giftbridge.orders WHERE id = $1", [.int(id)]).first)
        return try columns.indices.map { try row.optionalText($0) }
    }

    /// Inserts an order that is in some state already: one that waits or is in flight as it comes about, others past the triggers.
    func insert(in status: OrderStatus) async throws -> Int {
        if status == .pending { return try await insert()[0] }
        if status == .submitting {
            let id = try await insert()[0]
            try await run(
                """
                DELETE FROM giftbridge.due WHERE order_id = \(id);
                INSERT INTO giftbridge.in_flight (order_id, token, shop, lane, kind, attempt, worker, account, api_host, allowance, claimed_at, lease_until)
                VALUES (\(id), gen_random_uuid(), 'default', 0, 'sale', 1, 'one', '0000000a', 'vendor', 'key 0000000a', now(), now() + interval '1 h')
                """)
            return id
        }
        let id = try await insert()[0]
        let changes = Self.columns(of: status).map { "\($0.key) = \($0.value)" }.joined(separator: ", ")
        try await run(
            """
            SET session_replication_role = replica;
            UPDATE giftbridge.orders SET \(changes) WHERE id = \(id);
            RESET session_replication_role;
            DELETE FROM giftbridge.due WHERE order_id = \(id)
            """)
        if [.rejected, .failed, .inDoubt].contains(status) {
            try await run(
                "INSERT INTO giftbridge.attention (order_id, shop, status) VALUES (\(id), 'default', '\(status.rawValue)')"
            )
        }
        return id
    }

    /// What goes with a state, as the table's constraints want it.
    static func columns(of status: OrderStatus) -> [String: String] {
        [
            "status": "'\(status.rawValue)'",
            "completed_at": status == .completed ? "now()" : "NULL",
            "voucher_codes": status == .completed ? "'{C}'::text[]" : "NULL",
            "was_in_doubt": status == .inDoubt ? "true" : "false",
            "in_doubt_since": status == .inDoubt ? "now()" : "NULL",
            "error": [.rejected, .failed, .inDoubt].contains(status) ? "'Why.'" : "NULL",
        ]
    }

    /// The order's status as operators see it: `submitting` while a request is in flight.
    func status(_ id: Int) async throws -> String? {
        try await value("SELECT status FROM giftbridge.order_list WHERE id = \(id)")
    }

    /// Where an order waits: `due LANE`, `in_flight`, `attention STATUS`, or nothing.
    func place(_ id: Int) async throws -> String {
        try await value(
            """
            SELECT concat_ws(' ', (SELECT 'due ' || lane FROM giftbridge.due WHERE order_id = \(id)),
                (SELECT 'lookup' FROM giftbridge.due WHERE order_id = \(id) AND is_lookup),
                (SELECT 'in_flight' FROM giftbridge.in_flight WHERE order_id = \(id)),
                (SELECT 'attention ' || status FROM giftbridge.attention WHERE order_id = \(id)))
            """) ?? ""
    }
}

extension Settlement {
    /// A settlement of an order's submission.
    init(
        of order: ClaimedOrder, _ outcome: Outcome, _ status: OrderStatus, error: String? = nil, dueIn: Duration? = nil
    ) {
        self.init(
            token: order.token, orderID: order.orderID, lane: order.lane, outcome: outcome, status: status,
            dueIn: dueIn, error: error, journalError: error)
    }

    /// Sold, with the codes that were sent; or with others.
    static func sold(
        _ order: ClaimedOrder, reference: String? = "SG-1", codes: [String]? = nil, _ proof: Proof = .exact
    ) -> Settlement {
        var settlement = Settlement(of: order, .completed, .completed)
        settlement.proof = proof
        settlement.httpStatus = 200
        settlement.reference = reference
        settlement.voucherCodes = codes ?? order.sentCodes?.codes.compactMap(\.self)
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
