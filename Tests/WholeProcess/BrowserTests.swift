import Foundation
import TestSupport
import Testing

/// The status page in a real browser.
@Suite(.enabled(if: Browser.tool.isTested, "\(Browser.tool.advice)"), .serialized)
struct BrowserTests {
    /// Where the pictures go, to look at them.
    private static let pictures = ProcessInfo.processInfo.environment["GIFTBRIDGE_PICTURES"]

    /// Long names and texts, every state, several shops and workers, a dead one among them.
    static func furnish(_ database: TestDatabase) async throws {
        try await database.run(
            """
            INSERT INTO giftbridge.shops (name, assign_codes, rate_limit) VALUES ('a-shop-with-quite-a-long-name.example.co.uk', false, NULL);
            INSERT INTO giftbridge.shops (name, paused, pause_reason) VALUES ('still', true, 'Stock-taking until Monday');
            INSERT INTO giftbridge.orders
                (shop, shop_order_id, items, customer_email, delivery_method, delivery_email, payment_method)
            SELECT shop, id, '[{"id": 1, "price": 12.50}]', 'customer@example.com', 1, 'recipient@example.com', 1
            FROM (VALUES ('a-shop-with-quite-a-long-name.example.co.uk', 'unsure'), ('still', 'waits'), ('default', 'refused'),
                ('default', 'an-order-number-that-is-longer-than-a-phone-is-wide-0123456789012345678901234567890123456789'))
                AS o (shop, id);
            INSERT INTO giftbridge.status (worker, host, pid, version, state, heartbeat_at, last_error, last_error_at)
            VALUES ('gone:1', 'gone.example', 4711, '0.1.0', 'running', now() - interval '1 hour', 'the LISTEN connection was lost', now())
            """)
    }

    /// Nothing is cut off at the right, and the page does not scroll sideways.
    static func expectNothingOverflows(_ browser: Browser, _ width: Int, _ title: String) async throws {
        let overflow = try await browser.evaluate(
            """
            [...document.querySelectorAll('body *')]
                .filter(e => e.getBoundingClientRect().right > innerWidth + 0.5 && !e.closest('.hidden, thead'))
                .map(e => e.outerHTML.slice(0, 200))
            """)
        #expect(overflow == "", "\(title) is too wide")
        let fits = try await browser.evaluate("document.documentElement.scrollWidth <= \(width)")
        #expect(fits == "true", "\(title) scrolls sideways")
    }

    @Test func everyPageIsReadableInBothColourSchemesAndAtBothWidths() async throws {
        let database = try await TestServer.shared.database()
        try await Self.furnish(database)
        try await VendorPeer.run { vendor in
            try await vendor.fault("status_500", orderID: "unsure")
            try await vendor.fault("status_422", orderID: "refused")
            let settings = StatusFace.settings.merging(["GIFTBRIDGE_HTTP_TOKEN": "a-token-for-the-tests"]) { _, new in
                new
            }
            try await Bridge(database, vendor, settings).run { process in
                try await database.insertOrders(1...30)
                try await database.wait(
                    for: "0",
                    from:
                        "SELECT count(*) FROM giftbridge.orders WHERE status IN ('submitting') OR (status = 'pending' AND shop <> 'still')"
                )
                let face = try await StatusFace(of: process)
                let unsure = try #require(
                    try await database.value("SELECT id FROM giftbridge.orders WHERE shop_order_id = 'unsure'"))
                try await Browser.run { browser in
                    var backgrounds: Set<String> = []
                    for (width, isDark) in [(1280, false), (1280, true), (390, false), (390, true)] {
                        try await browser.show(width: width, isDark: isDark)
                        for (name, path) in [
                            ("overview", "/"), ("order", "/orders/\(unsure)"), ("orders", "/orders"),
                            ("sign-in", "/sign-in"),
                            ("nothing", "/orders?q=nothing"),
                        ] {
                            try await browser.open(face.url + path)
                            let picture = try await browser.screenshot()
                            let title = "\(name)-\(width)-\(isDark ? "dark" : "light")"
                            if let pictures = Self.pictures {
                                try picture.write(to: URL(fileURLWithPath: pictures).appending(path: "\(title).png"))
                            }
                            #expect(picture.count > 8000, "\(title) is an empty picture")
                            try await Self.expectNothingOverflows(browser, width, title)
                            backgrounds.insert(
                                try await browser.evaluate("getComputedStyle(document.body).backgroundColor"))
                        }
                    }
                    #expect(backgrounds.count == 2, "one for light, one for dark: \(backgrounds)")
                    #expect(browser.complaints == [])
                }
            }
        }
    }

    @Test func thePageRefreshesItselfAndSaysWhenTheWorkerIsGone() async throws {
        let database = try await TestServer.shared.database()
        try await VendorPeer.run { vendor in
            try await Bridge(database, vendor, StatusFace.settings).run { process in
                let face = try await StatusFace(of: process)
                try await Browser.run { browser in
                    try await browser.show(width: 1280, isDark: false)
                    try await browser.open(face.url)
                    #expect(
                        try await browser.evaluate("document.querySelector('h1').textContent")
                            == "All is well. No orders are waiting.")
                    try await database.run("SELECT giftbridge.pause('default', 'gone fishing')")
                    try await browser.wait(for: "document.querySelector('h1').textContent === '1 shop is paused.'")
                    process.signal(SIGKILL)
                    try await browser.wait(
                        for: "document.getElementById('stale').textContent.startsWith('The worker does not respond.')")
                }
            }
        }
    }

    @Test func anOperatorSignsInResolvesAnOrderAndSignsOut() async throws {
        let database = try await TestServer.shared.database()
        try await Self.furnish(database)
        try await VendorPeer.run { vendor in
            try await vendor.fault("status_500", orderID: "unsure")
            let settings = StatusFace.settings.merging(["GIFTBRIDGE_HTTP_TOKEN": "a-token-for-the-tests"]) { _, new in
                new
            }
            try await Bridge(database, vendor, settings).run { process in
                let face = try await StatusFace(of: process)
                try await database.wait(
                    for: "in_doubt", from: "SELECT status FROM giftbridge.orders WHERE shop_order_id = 'unsure'")
                try await Browser.run { browser in
                    try await browser.show(width: 390, isDark: true)
                    try await browser.open(face.url + "/sign-in")
                    _ = try await browser.evaluate(
                        "document.querySelector('[name=token]').value = 'a-token-for-the-tests'")
                    _ = try await browser.evaluate("document.querySelector('main form').requestSubmit()")
                    try await browser.wait(for: "document.body.innerText.includes('Sign out')")
                    #expect(try await browser.evaluate("document.cookie") == "", "no script sees the session")
                    try await browser.open(face.url + "/orders?q=unsure")
                    try await browser.wait(for: "location.pathname.match(/^.orders.[0-9]+$/) !== null")
                    _ = try await browser.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
                    try await Self.expectNothingOverflows(browser, 390, "the order with forms")
                    if let pictures = Self.pictures {
                        try await browser.screenshot().write(
                            to: URL(fileURLWithPath: pictures).appending(path: "signed-in.png"))
                    }
                    _ = try await browser.evaluate("document.querySelector('[action$=resolve-unsold]').requestSubmit()")
                    try await browser.wait(for: "document.body.innerText.includes('The order will be sent again.')")
                    try await database.wait(
                        for: "completed", from: "SELECT status FROM giftbridge.orders WHERE shop_order_id = 'unsure'")
                    try await browser.open(face.url + "/")
                    if let pictures = Self.pictures {
                        try await browser.screenshot().write(
                            to: URL(fileURLWithPath: pictures).appending(path: "signed-in-overview.png"))
                    }
                    _ = try await browser.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
                    for width in [390, 1280] {
                        try await browser.show(width: width, isDark: true)
                        try await Self.expectNothingOverflows(browser, width, "the overview with forms")
                    }
                    _ = try await browser.evaluate("document.querySelector('[action$=sign-out]').requestSubmit()")
                    try await browser.wait(for: "document.body.innerText.includes('Sign in')")
                    #expect(browser.complaints == [])
                }
            }
        }
    }
}
