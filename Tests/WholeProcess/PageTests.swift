import Foundation
import LibPQ
import TestSupport
import Testing

/// The status page over HTTP: it answers support's questions, and shows no code and no person.
@Suite struct PageTests {
    @Test func supportFindsAnOrderItsReasonAndWhatToDo() async throws {
        let database = try await TestServer.shared.database()
        try await VendorPeer.run { vendor in
            try await vendor.fault("status_422", orderID: "2")
            try await Bridge(database, vendor, StatusFace.settings).run { process in
                try await database.insertOrders(1...3)
                try await database.waitUntilFinished()
                let face = try await StatusFace(of: process)
                let overview = try await face.wait(for: "/") { $0.text.contains("1 order needs attention.") }
                #expect(overview.header("content-type") == "text/html; charset=utf-8")
                #expect(overview.text.contains("<strong>2</strong> orders sold within the last hour"))

                let id = try #require(
                    try await database.value("SELECT id FROM giftbridge.orders WHERE shop_order_id = '2'"))
                for search in ["2", "%202%20", "%23\(id)"] where search != "%23\(id)" || id != "2" {
                    let found = try await face.get("/orders?q=\(search)")
                    #expect(found.status == 303 && found.header("location") == "/orders/\(id)")
                }
                let order = try await face.get("/orders/\(id)").text
                let error = try #require(
                    try await database.value("SELECT error FROM giftbridge.orders WHERE id = \(id)"))
                #expect(order.contains("<p class=\"reason\">\(error.replacing("'", with: "&#39;"))</p>"))
                #expect(
                    order.contains("giftbridge retry \(id)") && order.contains("the vendor answered HTTP 422: refused"))
                #expect(!order.contains("<form class=\"stack\""), "the visitor has not signed in")

                #expect(try await face.get("/orders?status=rejected").text.contains("href=\"/orders/\(id)\""))
                for filter in ["needs=attention", "shop=default&needs=attention"] {
                    let listed = try await face.get("/orders?\(filter)").text
                    #expect(listed.contains("href=\"/orders/\(id)\"") && !listed.contains("completed</span>"))
                }
                #expect(!(try await face.get("/orders?status=completed").text.contains("href=\"/orders/\(id)\"")))
                #expect(try await face.get("/orders?q=none").text.contains("No orders found."))
                #expect(try await face.get("/orders/999999").status == 404)
                #expect(try await face.get("/orders/x").status == 400)
                for asset in ["style.css", "page.js", "icon.svg"] {
                    #expect(try await face.get("/assets/\(asset)").status == 200)
                }
                #expect(try await face.get("/assets/..%2fRoutes.swift").status == 404)

                let json = try await face.get("/status.json")
                let report = try #require(
                    try JSONSerialization.jsonObject(with: Data(json.text.utf8)) as? [String: Any])
                #expect(Set(report.keys) == ["process", "at", "queues", "workers", "needs_attention"])
                let queue = try #require((report["queues"] as? [[String: Any]])?.first)
                #expect(queue["shop"] as? String == "default" && queue["completed_last_hour"] as? Int == 2)
                #expect((report["process"] as? [String: Any])?["state"] as? String == "running")
            }
        }
    }

    @Test func noSecretCodeOrPersonIsOnAnyPage() async throws {
        let database = try await TestServer.shared.database()
        try await VendorPeer.run { vendor in
            for (fault, order) in [
                ("close_after", "1"), ("garbage_200", "2"), ("status_500", "3"), ("status_422", "5"),
            ] {
                try await vendor.fault(fault, orderID: order)
            }
            let settings = StatusFace.settings.merging(["GIFTBRIDGE_HTTP_TOKEN": "PlantedToken0123456789"]) { _, new in
                new
            }
            try await Bridge(database, vendor, settings).run { process in
                try await database.run(
                    """
                    INSERT INTO giftbridge.orders (shop_order_id, items, customer_email, customer_last_name, delivery_method,
                        delivery_email, delivery_address1, payment_method)
                    SELECT n::text, jsonb_build_array(jsonb_build_object('id', CASE n WHEN 4 THEN 5 ELSE 1 END, 'price', 9,
                        'to', 'PlantedTo', 'message', 'PlantedMessage'),
                        jsonb_build_object('id', 1, 'price', 9, 'code', 'PLANTEDCODE' || least(n, 6))),
                        'planted.customer@example.com', 'PlantedName', 1, 'planted.recipient@example.com', 'PlantedStreet', 1
                    FROM generate_series(1, 7) AS n
                    """)
                try await database.waitUntilFinished()
                let face = try await StatusFace(of: process)
                let count = try #require(Int(try await database.value("SELECT max(id) FROM giftbridge.orders") ?? ""))
                var pages = [
                    "/", "/orders", "/orders?needs=attention", "/metrics", "/status.json", "/readyz", "/sign-in",
                ]
                pages += (1...count).map { "/orders/\($0)" }
                let own = try await database.value("SELECT string_agg(code, ' ') FROM giftbridge.vouchers") ?? ""
                let secrets =
                    own.split(separator: " ").map(String.init) + [
                        VendorPeer.key, "PlantedTo", "PlantedMessage", "PLANTEDCODE", "planted.", "PlantedName",
                        "PlantedStreet", "PlantedToken",
                    ]
                #expect(secrets.count > 10)
                for page in pages {
                    let answer = try await face.get(page)
                    #expect(answer.status == 200 && !answer.text.isEmpty)
                    for secret in secrets { #expect(!answer.text.contains(secret), "\(page) shows \(secret)") }
                }
            }
        }
    }

    @Test func whatIsInTheTableIsNoMarkup() async throws {
        let database = try await TestServer.shared.database()
        let nasty = #"<script>alert("1")</script>'&amp;"#
        try await VendorPeer.run { vendor in
            try await vendor.fault("status_422", orderID: nasty)
            try await Bridge(database, vendor, StatusFace.settings).run { process in
                let connection = try await database.connect()
                _ = try await connection.query(
                    """
                    INSERT INTO giftbridge.orders (shop_order_id, items, customer_email, delivery_method, delivery_email, payment_method)
                    VALUES ($1, '[{"id": 1, "price": 5}]', 'a@example.com', 1, 'b@example.com', 1)
                    """, [.text(nasty)])
                _ = try await connection.query("SELECT giftbridge.pause('default', $1)", [.text(nasty)])
                await connection.close()
                let face = try await StatusFace(of: process)
                for page in ["/", "/orders", "/orders/1", "/orders?q=%3Cscript%3E%22", "/orders?shop=%3Cscript%3E%22"] {
                    let text = try await face.get(page).text
                    #expect(text.contains("&lt;script&gt;") && !text.contains("<script>"), "\(page)")
                    #expect(!text.contains("&amp;amp;amp;"), "escaped once")
                }
            }
        }
    }

    @Test func withoutADatabaseThePageSaysSoAndWhatTheProcessKnows() async throws {
        let database = try await TestServer.shared.database()
        try await VendorPeer.run { vendor in
            try await Bridge(database, vendor, StatusFace.settings).run { process in
                let face = try await StatusFace(of: process)
                try await TestDatabase(server: database.server, name: "postgres").run(
                    """
                    ALTER DATABASE \(database.name) WITH ALLOW_CONNECTIONS false;
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(database.name)'
                    """)
                let page = try await face.wait(for: "/") { $0.text.contains("The database does not respond.") }
                #expect(page.status == 200 && page.text.contains("Orders completed since it started"))
                let order = try await face.get("/orders/1")
                #expect(order.status == 503 && order.text.contains("The database does not respond."))
                #expect(try await face.get("/status.json").text.contains("\"database_error\""))
            }
        }
    }
}
