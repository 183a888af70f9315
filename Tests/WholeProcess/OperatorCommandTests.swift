import Foundation
import Giftbridge
import LibPQ
import TestSupport
import Testing

/// The operator's commands through the real binary, on what a real worker left behind.
@Suite struct OperatorCommandTests {
    /// Order 1 of shop `default` is completed, 2 rejected, 4 pending; shop `manual`'s 3 is in doubt and needs a decision.
    private static func scene(_ body: @Sendable @escaping (TestDatabase, VendorPeer) async throws -> Void) async throws
    {
        let database = try await TestServer.shared.database()
        try await database.run(
            """
            UPDATE giftbridge.shops SET rate_limit = NULL, payment_method = 1;
            INSERT INTO giftbridge.shops (name, rate_limit, payment_method, assign_codes) VALUES ('manual', NULL, 1, false)
            """)
        try await VendorPeer.run { vendor in
            try await vendor.fault("close_after", orderID: "100003")
            try await Bridge(database, vendor).runAndDrain { _ in
                try await database.run(
                    """
                    INSERT INTO giftbridge.orders (shop, shop_order_id, items, customer_email, delivery_method, delivery_email)
                    SELECT CASE n WHEN 3 THEN 'manual' ELSE 'default' END, (100000 + n)::text,
                        jsonb_build_array(jsonb_build_object('id', CASE n WHEN 2 THEN 5 ELSE 1 END, 'price', 12.50)),
                        'planted.customer@example.com', 1, 'planted.recipient@example.com'
                    FROM generate_series(1, 3) AS n
                    """)
                try await database.wait(
                    for: "completed in_doubt rejected",
                    from: "SELECT string_agg(status, ' ' ORDER BY status) FROM giftbridge.orders")
            }
            try await database.run("SELECT giftbridge.pause('default', 'stock-taking')")
            try await database.insertOrders(100_004...100_004)
            try await body(database, vendor)
        }
    }

    /// As a member of `giftbridge_worker`: the operator needs no more.
    private static func giftbridge(_ database: TestDatabase, _ arguments: String...) async throws
        -> RunningProcess.Outcome
    {
        try await RunningProcess.giftbridge(
            arguments, environment: ["GIFTBRIDGE_DATABASE_URL": database.workerConninfo])
    }

    /// As the schema's owner.
    private static func owner(_ database: TestDatabase, _ arguments: String...) async throws -> RunningProcess.Outcome {
        try await RunningProcess.giftbridge(arguments, environment: ["GIFTBRIDGE_DATABASE_URL": database.conninfo])
    }

    private static func json(_ outcome: RunningProcess.Outcome) throws -> Any {
        do {
            return try JSONSerialization.jsonObject(with: Data(outcome.text.utf8))
        } catch {
            Issue.record("no JSON: \(outcome.text)")
            throw error
        }
    }

    @Test(.timeLimit(.minutes(3))) func anOperatorSeesAndActs() async throws {
        try await Self.scene { database, vendor in
            let code = try #require(
                try await database.value("SELECT voucher_codes[1] FROM giftbridge.orders WHERE id = 1"))
            try await see(database, code: code)
            try await find(database)
            try await preview(database, vendor, code: code)
            try await act(database)
        }
    }

    private func see(_ database: TestDatabase, code: String) async throws {
        let status = try await Self.giftbridge(database, "status")
        #expect(status.status == 0)
        #expect(status.text.contains("1 worker stopped in the last week"))
        #expect(status.text.contains("No worker is running, so nothing is being sent. Start one with: giftbridge run"))
        #expect(status.text.contains("↳ paused: stock-taking · until it is resumed (giftbridge resume)"))
        #expect(status.text.contains("2 orders need attention"))
        #expect(!status.text.contains("\u{1B}"), "piped output is plain text")

        let overview = try #require(
            try Self.json(try await Self.giftbridge(database, "status", "--json")) as? [String: Any])
        #expect(Set(overview.keys) == ["at", "installation", "workers", "queues", "needs_attention"])
        let queues = try #require(overview["queues"] as? [[String: Any]])
        #expect(queues.map { $0["shop"] as? String } == ["default", "manual"])
        #expect(queues.map { $0["needs_attention"] as? Int } == [1, 1])
        #expect((overview["workers"] as? [[String: Any]])?.map { $0["state"] as? String } == ["stopped"])

        let orders = try await Self.giftbridge(database, "orders")
        #expect(orders.output.map { $0.split(separator: " ").first } == ["ID", "4", "3", "2", "1"])
        #expect(try await Self.giftbridge(database, "orders", "--limit", "1").output.count == 3)
        #expect(try await Self.giftbridge(database, "orders", "--shop", "nowhere").output == ["No orders found."])
        #expect(try await Self.giftbridge(database, "orders", "--shop", "nowhere", "--json").output == ["[", "", "]"])
        for (arguments, ids) in [
            (["--status", "rejected"], [2]), (["--needs-attention"], [3, 2]), (["--shop", "manual"], [3]),
            (["--shop-order-id", "100001"], [1]),
        ] {
            let listed = try await RunningProcess.giftbridge(
                ["orders", "--json"] + arguments, environment: ["GIFTBRIDGE_DATABASE_URL": database.workerConninfo])
            #expect((try Self.json(listed) as? [[String: Any]])?.map { $0["id"] as? Int } == ids, "\(arguments)")
        }

        for arguments in [["status"], ["status", "--json"], ["orders"], ["show", "1"], ["show", "1", "--json"]] {
            let text = try await RunningProcess.giftbridge(
                arguments, environment: ["GIFTBRIDGE_DATABASE_URL": database.workerConninfo]
            ).text
            #expect(!text.contains("planted") && !text.contains(code), "\(arguments)")
        }
        #expect(try await Self.owner(database, "show", "1", "--codes").text.contains("codes \(code)"))
    }

    /// Support's questions, each with one command.
    private func find(_ database: TestDatabase) async throws {
        let rejected = try await Self.giftbridge(database, "show", "100002").text
        #expect(rejected.contains("Order 2 · shop default · shop order number 100002"))
        #expect(rejected.contains("rejected: needs attention\nitems.0.id: "))
        #expect(rejected.contains("the vendor answered HTTP 422: refused"))
        #expect(rejected.contains("giftbridge retry 2"))
        let doubt = try await Self.giftbridge(database, "show", "#3").text
        #expect(doubt.contains("may have been sold, and Giftbridge cannot verify it. Ask the vendor."))
        #expect(doubt.contains("giftbridge resolve 3 --sold --reference REFERENCE --codes CODE,…"))
        #expect(doubt.contains("If the vendor has a sale with order id 100003: completes the order."))
        let waiting = try await Self.giftbridge(database, "show", "100004").text
        #expect(waiting.contains("Its shop is paused (stock-taking). The order will be sent when the shop is resumed."))

        let story = try #require(
            (try Self.json(try await Self.owner(database, "show", "100001", "--json", "--codes"))
                as? [[String: Any]])?
                .first)
        #expect(Set(story.keys) == ["order", "journal", "outlook", "voucher_codes"])
        #expect((story["journal"] as? [[String: Any]])?.map { $0["outcome"] as? String } == ["completed"])
        #expect((story["outlook"] as? [String: Any])?["next"] as? String == "Sold. No further action.")
        let missing = try await Self.giftbridge(database, "show", "100009")
        #expect(missing.status == 1 && missing.output.count == 1)
        #expect(missing.text.hasPrefix("giftbridge: no order 100009 (searched"))
    }

    private func preview(_ database: TestDatabase, _ vendor: VendorPeer, code: String) async throws {
        let sent = try #require(try await vendor.requests().first { $0.order_id == "100001" }?.body)
        let raw = try await RunningProcess.giftbridge(
            ["preview", "1", "--raw", "--database-url", database.conninfo],
            environment: Bridge(database, vendor).environment)
        #expect(raw.output == [sent], "byte for byte")
        let pretty = try await RunningProcess.giftbridge(
            ["preview", "1", "--database-url", database.conninfo], environment: Bridge(database, vendor).environment)
        #expect(pretty.output.first == "POST \(vendor.url)/pos-sale")
        #expect(pretty.text.contains("\"price\": 12.50,\n      \"code\": \"\(code)\""))
        #expect(!pretty.text.contains(VendorPeer.key))
        let unsent = try await Self.owner(database, "preview", "4")
        #expect(unsent.text.contains("\"code\": \"\(RequestPreview.placeholder)\""))
        #expect(try await Self.owner(database, "preview", "9").status == 1)
        #expect(try await vendor.requests().count { $0.order_id == "100004" } == 0, "nothing is sent")
        let refused = try await Self.giftbridge(database, "preview", "1")
        #expect(refused.status == 1 && refused.text.contains("permission denied"), "it has personal data")
    }

    private func act(_ database: TestDatabase) async throws {
        let few = try await Self.giftbridge(
            database, "resolve", "3", "--sold", "--reference", "SG-3", "--codes", "A,B", "--yes")
        #expect(
            few.status == 1
                && few.output == [
                    "giftbridge: order 3 has 1 item: give one voucher code for each, in the items' order"
                ])
        #expect(
            try await Self.giftbridge(
                database, "resolve", "3", "--sold", "--reference", "SG-3", "--codes", "CODE3", "--yes"
            )
            .output == ["order 3 is completed"])
        #expect(
            try await database.value(
                "SELECT concat_ws(' ', status, order_reference, voucher_codes) FROM giftbridge.orders WHERE id = 3")
                == "completed SG-3 {CODE3}")
        let again = try await Self.giftbridge(database, "resolve", "3", "--unsold", "--yes")
        #expect(again.status == 1 && again.text.contains("order 3 is completed: only an order that is in_doubt"))

        #expect(try await Self.giftbridge(database, "retry", "2").output == ["order 2 is pending"])
        #expect(
            try await Self.giftbridge(database, "cancel", "2", "4", "--yes").output == [
                "order 2 is cancelled", "order 4 is cancelled",
            ])
        #expect(try await Self.giftbridge(database, "resume", "default").output == ["shop default is resumed"])
        #expect(
            try await Self.giftbridge(database, "pause", "manual", "--reason", "why").output == [
                "shop manual is paused"
            ])
        #expect(
            try await database.value("SELECT string_agg(pause_reason, ',') FROM giftbridge.shops WHERE paused") == "why"
        )
        for command in ["pause", "resume"] {
            let nowhere = try await Self.giftbridge(database, command, "nowhere")
            #expect(nowhere.status == 1 && nowhere.output == ["giftbridge: there is no shop 'nowhere'"])
        }

        try await database.run(
            "SET session_replication_role = replica; UPDATE giftbridge.orders SET updated_at = now() - interval '100 d' WHERE id = 1"
        )
        #expect(
            try await Self.owner(database, "prune", "--older-than", "90d", "--yes").output
                == ["erased the personal data of 1 order"])
        #expect(
            try await database.value("SELECT customer_email FROM giftbridge.orders WHERE id = 1")
                == "erased@erased.invalid")
    }

    @Test func anOrderInDoubtThatWasNotSoldGoesOutAgainAndCodesMayComeFromAPipe() async throws {
        let database = try await TestServer.shared.database()
        try await database.insertOrders(1...2)
        try await database.run(
            """
            SET session_replication_role = replica;
            UPDATE giftbridge.orders SET status = 'in_doubt', was_in_doubt = true, in_doubt_since = now(), error = 'Why.'
            """)
        #expect(
            try await Self.giftbridge(database, "resolve", "1", "--unsold", "--yes").output == ["order 1 is pending"])
        // Standard input is empty: no codes, which one item does not go with.
        let empty = try await Self.giftbridge(
            database, "resolve", "2", "--sold", "--reference", "R", "--codes", "-", "--yes")
        #expect(empty.status == 1 && empty.text.contains("give one voucher code for each"))
        #expect(try await database.states() == "in_doubt=1 pending=1")
    }

    /// The commands whose effect cannot be taken back, on order 1 in doubt.
    private static let final = [
        ["cancel", "1", "--force", "--reason", "why"], ["resolve", "1", "--unsold"],
        ["resolve", "1", "--sold", "--reference", "R", "--codes", "-"], ["prune", "--older-than", "1d"], ["adopt"],
    ]

    @Test(arguments: final) func whatCannotBeTakenBackNeedsYesOrAnAnswer(command: [String]) async throws {
        let database = try await TestServer.shared.database()
        try await database.insertOrders(1...1)
        try await database.run(
            """
            SET session_replication_role = replica;
            UPDATE giftbridge.orders SET status = 'in_doubt', was_in_doubt = true, in_doubt_since = now(), error = 'Why.'
            """)
        let owner = ["GIFTBRIDGE_DATABASE_URL": database.conninfo]
        let refused = try await RunningProcess.giftbridge(command, environment: owner)
        #expect(refused.status == 64 && refused.text.contains("cannot be taken back: to do it, add --yes"))
        // `script` gives it a terminal, at which someone types.
        for (answer, isDone) in [("no", false), ("yes", true)] where !command.contains("--codes") {
            let typed = ([RunningProcess.binary] + command).map { "'\($0)'" }.joined(separator: " ")
            let asked = try await RunningProcess.run(
                ["-c", "printf '\(answer)\\n' | script -qec \"$1\" /dev/null", "sh", typed],
                environment: owner,
                program: "/bin/sh"
            ) { try await $0.end(within: .seconds(20)) }.outcome
            #expect(asked.text.contains("Type yes to do it:"), "\(asked.text)")
            #expect(asked.text.contains("nothing was changed") == !isDone, "\(asked.text)")
            #expect(try await database.value("SELECT count(*) FROM giftbridge.actions") == (isDone ? "1" : "0"))
        }
    }

    @Test func aCopyAndAPromotedStandbyAreSaidByStatusAndCheck() async throws {
        let database = try await TestServer.shared.database()
        for (change, text) in [
            ("promoted_at = now()", "A standby of the database was promoted"),
            ("database_oid = database_oid::bigint + 1", "This database is a copy"),
        ] {
            #expect(try await !Self.giftbridge(database, "status").text.contains(text))
            try await database.run("UPDATE giftbridge.installation SET \(change)")
            #expect(try await Self.giftbridge(database, "status").text.contains(text))
            let environment = ["GIFTBRIDGE_DATABASE_URL": database.workerConninfo, "GIFTBRIDGE_API_KEY": "sk_test"]
            let check = try await RunningProcess.giftbridge(
                ["check", "--api-url", "http://127.0.0.1:9"], environment: environment)
            #expect(check.text.contains(text), "\(check.text)")
        }
    }

    @Test func watchGoesOnUntilItsSignal() async throws {
        let database = try await TestServer.shared.database()
        let outcome = try await RunningProcess.run(
            ["status", "--watch", "--every", "100ms"], environment: ["GIFTBRIDGE_DATABASE_URL": database.conninfo]
        ) { process in
            try await process.line(containing: "No worker has ever run")
            try await database.insertOrders(1...7)
            try await process.line(containing: "default        7")
            process.signal(SIGINT)
            try await process.end(within: .seconds(20))
        }.outcome
        #expect(outcome.status == 0)
        #expect(!outcome.text.contains("\u{1B}"))
    }

    @Test(arguments: [
        ["status", "--every", "1ms"], ["status", "--every", "soon"], ["orders", "--status", "sold"],
        ["orders", "--limit", "0"], ["show"], ["preview", "one"], ["resolve", "1"], ["resolve", "1", "--sold"],
        ["resolve", "1", "--sold", "--unsold"], ["resolve", "1", "--unsold", "--codes", "A"], ["pause"], ["resume"],
        ["prune"], ["prune", "--older-than", "1h"], ["prune", "--older-than", "90"], ["check", "--nonsense"],
    ])
    func wrongUsageIs64(arguments: [String]) async throws {
        let outcome = try await RunningProcess.giftbridge(arguments)
        #expect(outcome.status == 64)
        #expect(outcome.text.contains("Usage: giftbridge \(arguments[0])"))
    }

    @Test(arguments: [
        ["status"], ["orders"], ["show", "1"], ["preview", "1"], ["retry", "1"], ["resolve", "1", "--unsold", "--yes"],
        ["pause", "default"], ["resume", "default"], ["prune", "--older-than", "90d", "--yes"], ["status", "--watch"],
    ])
    func withoutDatabaseOrSchemaItSaysWhatToDo(arguments: [String]) async throws {
        let away = try await RunningProcess.giftbridge(arguments + ["--database-url", "host=/nowhere"])
        #expect(away.status == 69)
        #expect(away.output.count == 1 && away.text.hasPrefix("giftbridge: cannot connect to the database:"))
        let bare = try await TestServer.shared.emptyDatabase()
        let outcome = try await RunningProcess.giftbridge(arguments + ["--database-url", bare.conninfo])
        #expect(outcome.status == 78)
        #expect(outcome.output == ["giftbridge: the database has no schema giftbridge: run `giftbridge migrate`"])
    }

    @Test func aConfigurationFileIsReadByEveryCommand() async throws {
        let database = try await TestServer.shared.database()
        let path = FileManager.default.temporaryDirectory.appending(path: "giftbridge-\(UUID().uuidString).json").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try "{\"database_url\": \"\(database.conninfo)\", \"concurrency\": \"many\"}"
            .write(toFile: path, atomically: true, encoding: .utf8)
        for (arguments, environment) in [
            (["orders", "--config", path], [:]), (["orders"], ["GIFTBRIDGE_CONFIG": path]),
        ] {
            #expect(
                try await RunningProcess.giftbridge(arguments, environment: environment).output == ["No orders found."])
        }
        let wrong = try await RunningProcess.giftbridge(
            ["run", "--config", path], environment: ["GIFTBRIDGE_API_KEY": VendorPeer.key])
        #expect(wrong.status == 78)
        #expect(
            wrong.output == [
                "giftbridge: concurrency in \(path) must be an integer from 1 to 10000, not \"many\""
            ])
        try "databse_url: host=/nowhere".write(toFile: path, atomically: true, encoding: .utf8)
        let unknown = try await RunningProcess.giftbridge(["orders", "--config", path])
        #expect(unknown.status == 78)
        #expect(
            unknown.output == [
                "giftbridge: \(path):1: there is no setting \"databse_url\"; did you mean database_url?"
            ])
    }
}
