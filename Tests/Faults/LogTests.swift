import LibPQ
import TestSupport
import Testing

/// What the log tells, and what it must never tell.
@Suite struct LogTests {
    /// Planted in every order, in all that a customer may write.
    private static let personal = [
        "SECRETFIRST", "SECRETLAST", "SECRETSTREET", "SECRETHOUSE", "SECRETPOST", "SECRETTOWN", "SECRETCOUNTY",
        "SECRETTO", "SECRETFROM", "SECRETMESSAGE", "secretcustomer@example.com", "secretrecipient@example.com",
    ]
    private static let wrongKey = "sk_SECRETWRONGKEY"
    private static let insert = """
        INSERT INTO giftbridge.orders (shop, shop_order_id, items, customer_email, customer_first_name, customer_last_name,
            customer_address1, customer_address2, customer_postcode, customer_town, customer_county, delivery_method,
            delivery_email, delivery_first_name, delivery_address1, payment_method)
        SELECT $1, id, jsonb_build_array(
                jsonb_build_object('id', 1, 'price', 5, 'to', 'SECRETTO', 'from', 'SECRETFROM', 'message', 'SECRETMESSAGE'),
                jsonb_build_object('id', 1, 'price', 7.5, 'code', 'SECRETCODE' || md5($1 || id))),
            'secretcustomer@example.com', 'SECRETFIRST', 'SECRETLAST', 'SECRETSTREET', 'SECRETHOUSE', 'SECRETPOST', 'SECRETTOWN',
            'SECRETCOUNTY', 1, 'secretrecipient@example.com', 'SECRETFIRST', 'SECRETSTREET', 1
        FROM unnest($2::text[]) AS id
        """

    private static func insert(_ ids: [String], shop: String = "default", _ database: TestDatabase) async throws {
        let connection = try await database.connect()
        _ = try await connection.query(Self.insert, [.text(shop), .textArray(ids)])
        await connection.close()
    }

    /// Every fault, a wrong key, a lost database, a kill and the commands, at trace level.
    @Test(.timeLimit(.minutes(3)), arguments: ["json", "text"])
    func nothingOfAWholeRunTellsASecret(format: String) async throws {
        let database = try await TestServer.shared.database()
        let faults = VendorModel.faults.filter { $0.word != .setup }
        let setupFaults = VendorModel.faults.filter { $0.word == .setup }
        try await database.run(
            (setupFaults.map(\.name) + ["keyless"]).map { "INSERT INTO giftbridge.shops (name) VALUES ('\($0)');" }
                .joined())
        try await database.liftLimit()
        var said: [String] = []
        let settings = [
            "GIFTBRIDGE_LOG_LEVEL": "trace", "GIFTBRIDGE_LOG_FORMAT": format, "GIFTBRIDGE_CONCURRENCY": "128",
            "GIFTBRIDGE_API_KEY_KEYLESS": Self.wrongKey,
        ]
        said += try await VendorPeer.run { vendor in
            try await vendor.fault((faults + setupFaults).map { ($0.name, [$0]) })
            for fault in setupFaults { try await Self.insert([fault.name], shop: fault.name, database) }
            try await Self.insert(["wrong key"], shop: "keyless", database)
            var said = try await Bridge.quick(
                database, vendor, settings.merging(["GIFTBRIDGE_TEST_CRASH": "answered:1"]) { $1 }
            ).run { try await $0.end() }.outcome.output

            try await Self.insert(faults.map(\.name) + ["clean"], database)
            let worker = try await Bridge.quick(database, vendor, settings).run { worker in
                try await database.wait(
                    for: "completed", from: "SELECT status FROM giftbridge.orders WHERE shop_order_id = 'clean'")
                #expect(try await database.terminateConnections() > 0)
                try await database.waitUntilSettled(shop: "default")
                try await database.wait(
                    for: "t", from: "SELECT EXISTS (SELECT FROM giftbridge.set_aside WHERE shop = 'keyless')")
                let commands = [
                    ["retry", "999999"], ["cancel", "1", "--yes"], ["migrate"], ["migrate", "--dry-run"],
                ]
                var said: [String] = []
                for command in commands {
                    said += try await RunningProcess.giftbridge(
                        command,
                        environment: Bridge(database, vendor, ["GIFTBRIDGE_DATABASE_URL": database.conninfo])
                            .environment
                    ).output
                }
                worker.signal(15)
                try await worker.end()
                return said
            }
            said += worker.value + worker.outcome.output
            #expect(worker.outcome.status == 0)
            return said
        }
        // The run was what it should be: all kinds of ends, and the lines to look at.
        let states = try await database.states()
        for state in ["completed", "rejected"] { #expect(states.contains(state), "\(states)") }
        for text in [
            "Order completed.", "Order rejected.", "Order in doubt: its outcome is unknown.",
            "Database connection restored.",
        ] {
            #expect(said.contains { $0.contains(text) }, "\(text)")
        }

        let codes = try await database.codes()
        #expect(codes.count > faults.count * 2)
        let secrets = codes + [VendorPeer.key, Self.wrongKey, "SECRETCODE"]
        for line in said {
            #expect(!(secrets + Self.personal).contains { line.lowercased().contains($0.lowercased()) }, "\(line)")
        }
        // What the vendor said may name a field's value, to the shop whose order it is; codes and keys nowhere.
        for (name, tellsPersons) in Self.tables {
            let rows = try await database.rows(of: name)
            #expect(!rows.isEmpty, "\(name)")
            for row in rows {
                let all = secrets + (tellsPersons ? [] : Self.personal)
                #expect(!all.contains { row.lowercased().contains($0.lowercased()) }, "\(name): \(row)")
            }
        }
    }

    /// Rows as text, and whether they may hold what a customer wrote.
    private static let tables = [
        ("SELECT s::text FROM giftbridge.status AS s", false), ("SELECT q::text FROM giftbridge.queue AS q", false),
        ("SELECT s::text FROM giftbridge.shops AS s", false),
        ("SELECT a::text FROM giftbridge.set_aside AS a", false),
        ("SELECT a::text FROM giftbridge.accounts AS a", false),
        ("SELECT j::text FROM giftbridge.journal AS j", true),
        ("SELECT error FROM giftbridge.orders WHERE error IS NOT NULL", true),
    ]

    /// One line at info for each order that has ended, and every line about an order has its id under one key.
    @Test func anOrdersStoryIsFoundByItsID() async throws {
        let database = try await TestServer.shared.database()
        try await database.liftLimit()
        try await VendorPeer.run { vendor in
            try await vendor.fault("status_429", orderID: "waits")
            try await vendor.fault("close_after", orderID: "doubted")
            try await vendor.fault("status_422", orderID: "refused")
            try await database.insert(orders: ["plain", "waits", "doubted", "refused"])
            let bridge = Bridge.patient(database, vendor, ["GIFTBRIDGE_LOG_LEVEL": "debug"])
            let outcome = try await bridge.runAndDrain { _ in
                try await database.waitUntilFinished()
            }
            func story(_ order: String) async throws -> [String] {
                let id = try #require(try await database.order(order, "id"))
                let lines = outcome.output.filter { $0.contains("\"order\":\"\(id)\"") }
                // JSON where standard error is no terminal.
                return try lines.map { try #require($0.firstMatch(of: /"level":"(\w+)","message":"([^"]*)"/)) }
                    .map { "\($0.output.1): \($0.output.2)" }
            }
            let claimed = "debug: Order claimed."
            #expect(try await story("plain") == [claimed, "info: Order completed."])
            #expect(
                try await story("waits")
                    == [
                        claimed, "notice: Order is waiting for its next attempt.", claimed,
                        "info: Order completed.",
                    ])
            #expect(
                try await story("doubted")
                    == [
                        claimed, "warning: Order in doubt: its outcome is unknown.", claimed,
                        "warning: Order completed.",
                    ])
            #expect(try await story("refused") == [claimed, "info: Order rejected."])
            // No line about an order is without its key.
            #expect(!outcome.output.contains { $0.contains("\"Order ") && !$0.contains("\"order\":\"") })
        }
    }
}

extension TestDatabase {
    /// Every code that an order has, had or was given.
    fileprivate func codes() async throws -> [String] {
        try await rows(
            of: """
                SELECT code FROM giftbridge.codes
                UNION SELECT unnest(voucher_codes) FROM giftbridge.orders
                """)
    }

    fileprivate func rows(of query: String) async throws -> [String] {
        let connection = try await connect()
        let rows = try await connection.query(query).map { try $0.text(0) }
        await connection.close()
        return rows
    }

    fileprivate func waitUntilSettled(shop: String) async throws {
        try await wait(
            for: "0", from: "SELECT count(*) FROM giftbridge.order_list WHERE due_at IS NOT NULL AND shop = '\(shop)'",
            within: .seconds(60))
    }
}
