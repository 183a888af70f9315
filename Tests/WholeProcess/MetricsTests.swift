import Foundation
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// `/metrics`: what a run of orders leaves in it.
@Suite struct MetricsTests {
    @Test func ordersOfEveryOutcomeAreCountedAndTheQueueIsShown() async throws {
        let database = try await TestServer.shared.database()
        try await database.run(
            """
            INSERT INTO giftbridge.shops (name, assign_codes, rate_limit) VALUES ('own', false, NULL);
            INSERT INTO giftbridge.shops (name, paused, pause_reason) VALUES ('still', true, 'holidays')
            """)
        try await VendorPeer.run { vendor in
            // Sold, unsure, sold; refused; unsure for ever; and one that waits.
            try await vendor.fault("close_after", orderID: "2")
            try await vendor.fault("status_422", orderID: "3")
            try await vendor.fault("status_500", orderID: "5")
            try await Bridge(database, vendor, StatusFace.settings).run { process in
                let face = try await StatusFace(of: process)
                try await database.insertOrders(1...4)
                try await database.run(
                    """
                    UPDATE giftbridge.shops SET rate_group = 'own' WHERE name = 'own';
                    INSERT INTO giftbridge.orders
                        (shop, shop_order_id, items, customer_email, delivery_method, delivery_email, payment_method)
                    SELECT shop, id, '[{"id": 1, "price": 12.50}]', 'customer@example.com', 1, 'recipient@example.com', 1
                    FROM (VALUES ('own', '5'), ('still', '6')) AS o (shop, id)
                    """)
                try await database.wait(
                    for: "completed=3 in_doubt=1 pending=1 rejected=1",
                    from: """
                        SELECT string_agg(status || '=' || n, ' ' ORDER BY status)
                        FROM (SELECT status, count(*) AS n FROM giftbridge.orders GROUP BY status) AS s
                        """)
                let text = try await face.wait(for: "/metrics") {
                    $0.text.contains(#"giftbridge_queue_orders{shop="default",status="rejected"} 1"#)
                        && $0.text.contains("giftbridge_requests_in_flight 0\n")
                }.text
                for line in [
                    #"giftbridge_build_info{version="0.1.0"} 1"#, #"giftbridge_worker_state{state="running"} 1"#,
                    #"giftbridge_orders_total{outcome="completed"} 3"#,
                    #"giftbridge_orders_total{outcome="rejected"} 1"#,
                    #"giftbridge_orders_total{outcome="in_doubt"} 2"#,
                    #"giftbridge_submissions_total{outcome="completed"} 3"#,
                    #"giftbridge_submissions_total{outcome="rejected"} 1"#,
                    #"giftbridge_submissions_total{outcome="in_doubt"} 2"#,
                    "giftbridge_request_duration_seconds_count 6", "giftbridge_unwritten_results 0",
                    "giftbridge_listener_up 1", "giftbridge_connection_up 1", "giftbridge_database_up 1",
                    #"giftbridge_queue_orders{shop="own",status="in_doubt"} 1"#,
                    #"giftbridge_queue_orders{shop="still",status="pending"} 1"#,
                    #"giftbridge_orders_needing_decision{shop="own"} 1"#,
                    #"giftbridge_completed_last_hour{shop="default"} 3"#,
                    #"giftbridge_shop_paused{shop="still"} 1"#, #"giftbridge_shop_paused{shop="own"} 0"#,
                    #"giftbridge_workers{state="alive"} 1"#, #"giftbridge_allowance_left{shop="still"} 60"#,
                ] {
                    #expect(text.contains(line + "\n"), "\(line)")
                }
                #expect(!text.contains(#"giftbridge_allowance_left{shop="own"}"#), "no limit, no allowance")
                let now = Date.now.timeIntervalSince1970
                for time in [
                    "giftbridge_last_progress_timestamp_seconds", "giftbridge_last_completed_timestamp_seconds",
                ] {
                    let seconds = try #require(try await face.metric(time))
                    #expect((now - 60...now + 60).contains(seconds), "\(time)")
                }
                #expect(try await face.metric(#"giftbridge_oldest_pending_seconds{shop="still"}"#) ?? 0 > 0)
                #expect(try await face.metric(#"giftbridge_oldest_in_doubt_seconds{shop="own"}"#) ?? 0 > 0)
            }
        }
    }

    @Test func manyShopsShareOneLabel() async throws {
        let database = try await TestServer.shared.database()
        try await database.run(
            "INSERT INTO giftbridge.shops (name, paused, pause_reason) SELECT 'shop ' || n, true, 'x' FROM generate_series(1, 80) AS n"
        )
        try await database.run(
            """
            INSERT INTO giftbridge.orders (shop, items, customer_email, delivery_method, delivery_email, payment_method)
            SELECT 'shop ' || n, '[{"id": 1, "price": 12.50}]', 'customer@example.com', 1, 'recipient@example.com', 1
            FROM generate_series(1, 80) AS n
            """)
        try await VendorPeer.run { vendor in
            try await Bridge(database, vendor, StatusFace.settings).run { process in
                let text = try await StatusFace(of: process).get("/metrics").text
                let pending = text.matches(of: /giftbridge_queue_orders\{shop="([^"]*)",status="pending"\} (\d+)/)
                #expect(pending.count == 51)
                #expect(pending.reduce(0) { $0 + (Int($1.2) ?? 0) } == 80)
                #expect(pending.last?.1 == "(others)" && pending.last?.2 == "31")
            }
        }
    }
}

/// What `deploy/monitoring` and the documentation say agrees with what a worker really tells.
@Suite struct MonitoringTests {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// `.ci/monitoring` installs it.
    static let promtool = Tool(
        "promtool", package: "prometheus", paths: ["/usr/bin/promtool", "/usr/local/bin/promtool"])

    /// A real `/metrics`, of a worker that has sold something.
    static func metrics() async throws -> String {
        let database = try await TestServer.shared.database()
        return try await VendorPeer.run { vendor in
            try await Bridge(database, vendor, StatusFace.settings).run { process in
                try await database.insertOrders(1...2)
                try await database.waitUntilFinished()
                return try await StatusFace(of: process).get("/metrics").text
            }.value
        }
    }

    @Test(.enabled(if: promtool.isTested, "\(promtool.advice)"))
    func promtoolFindsNothingWrongWithTheMetrics() async throws {
        let (isSuccess, output) = try await Self.promtool(["check", "metrics"], input: Self.metrics())
        #expect(isSuccess && output == "")
    }

    private static func promtool(_ arguments: [String], input: String = "") async throws -> (Bool, output: String) {
        let result = try await Subprocess.run(
            .path(FilePath(try promtool.required())), arguments: Arguments(arguments), input: .string(input),
            output: .string(limit: 65536), error: .string(limit: 65536))
        return (result.terminationStatus.isSuccess, result.standardOutput + result.standardError)
    }

    @Test func rulesDashboardAndDocumentationNameOnlyMetricsThatThereAre() async throws {
        let metrics = try await Self.metrics()
        let families = Set(metrics.matches(of: #/(?m)^# TYPE (\w+) /#).map { String($0.1) })
        let samples = Set(metrics.matches(of: /(?m)^([a-z_]+)/).map { String($0.1) }).union(families)
        #expect(families.count > 25)
        for file in [
            "deploy/monitoring/alerts.yml", "deploy/monitoring/alerts_test.yml", "deploy/monitoring/dashboard.json",
        ] {
            let named = try Self.text(file).matches(of: /\b(?:giftbridge|process)_[a-z_]+/).map { String($0.output) }
            #expect(named.count > 10)
            for name in Set(named) { #expect(samples.contains(name), "\(file): \(name)") }
        }
        let documented = try Self.text("docs/metrics.md")
            .split(separator: "\n").filter { $0.hasPrefix("| `") }
            .flatMap { $0.split(separator: "|")[0].matches(of: /\b(?:giftbridge|process)_[a-z_]+/) }
            .map { String($0.output) }
        #expect(Set(documented) == families)
        #expect(documented.count == families.count, "each once")
    }

    @Test func eachAlertHasATestAndAnEntryInTheRunbook() throws {
        let alerts = try Self.text("deploy/monitoring/alerts.yml").matches(of: /- alert: (\w+)/).map { String($0.1) }
        #expect(alerts.count > 10 && Set(alerts).count == alerts.count)
        let runbook = try Self.text("docs/runbook.md")
        let entries = runbook.matches(of: /(?m)^### (\w+)$/).map { String($0.1) }
        #expect(entries.sorted() == alerts.sorted())
        for part in runbook.split(separator: "\n### ").dropFirst() {
            #expect(part.contains("\n- Look: ") && part.contains("\n- Do: "), "\(part.prefix(40))")
        }
        let tests = try Self.text("deploy/monitoring/alerts_test.yml")
        for alert in alerts {
            #expect(tests.contains("\"\(alert)\"") || tests.contains("alertname: \(alert)\n"), "\(alert) has no test")
        }
    }

    @Test(.enabled(if: promtool.isTested, "\(promtool.advice)"))
    func theDashboardAsksWhatPrometheusUnderstands() async throws {
        let json = try JSONSerialization.jsonObject(with: Data(Self.text("deploy/monitoring/dashboard.json").utf8))
        let dashboard = try #require(json as? [String: Any])
        let panels = try #require(dashboard["panels"] as? [[String: Any]])
        #expect(Set(panels.compactMap { $0["id"] as? Int }).count == panels.count)
        let queries = panels.flatMap { $0["targets"] as? [[String: Any]] ?? [] }.compactMap { $0["expr"] as? String }
        #expect(queries.count > 30)
        // As rules, because those promtool checks.
        let rules = queries.enumerated().map { number, query in
            ["record": "query:\(number)", "expr": query.replacing("$instance", with: "a")]
        }
        let file = FileManager.default.temporaryDirectory.appending(path: "giftbridge-\(UUID()).json")
        defer { try? FileManager.default.removeItem(at: file) }  // It is in the temporary folder anyway.
        let groups: [String: Any] = ["groups": [["name": "dashboard", "rules": rules]]]
        try JSONSerialization.data(withJSONObject: groups).write(to: file)
        let (isSuccess, output) = try await Self.promtool(["check", "rules", file.path])
        #expect(isSuccess, "\(output)")
    }
}
