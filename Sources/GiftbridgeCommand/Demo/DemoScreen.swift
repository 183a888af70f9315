import LibPQ

/// The demo's output: coloured on a terminal, plain text otherwise.
struct DemoScreen: Sendable {
    let terminal: Terminal

    static var standard: DemoScreen { DemoScreen(terminal: .standard) }

    private func styled(_ text: String, _ style: Terminal.Style) -> String { terminal.styled(text, style) }

    func line(_ text: String = "") {
        print(text)
        flushStandardOutput()
    }

    func title(_ text: String) {
        line()
        line("  " + styled(text, .bold))
        line()
    }

    func step(_ what: String, _ detail: String) {
        line("  \(styled("✓", .green)) \(what.padded(38)) \(styled(detail, .dim))")
    }

    func beginOrders(count: Int) {
        line()
        line("  A shop inserts \(count) rows into giftbridge.orders. Their results, as they come:")
        line()
        line(styled("  ORDER   SHOP'S   ITEMS    TOTAL  STATE       AFTER  REFERENCE  VOUCHER CODES", .dim))
    }

    /// One order's row.
    func order(_ row: Row) throws {
        let status = try row.text("status")
        let style: Terminal.Style =
            switch status {
            case "completed": .green
            case "in_doubt": .yellow
            default: .red
            }
        let codes = try row.optionalTextArray("voucher_codes")?.compactMap { $0 } ?? []
        let milliseconds = Int(try row.double("milliseconds"))
        line(
            "  " + "#\(try row.int("id"))".padded(7) + " " + (try row.text("shop_order_id")).padded(8) + " "
                + "\(try row.int("items"))".padded(5) + " "
                + (try row.optionalText("total") ?? "–").padded(8, right: true) + "  "
                + styled(status.padded(10), style) + " "
                + (milliseconds < 10_000 ? "\(milliseconds) ms" : "\(milliseconds / 1000) s").padded(7, right: true)
                + "  "
                + (try row.optionalText("order_reference") ?? "–").padded(10) + " " + (codes.first ?? "")
                + (codes.count > 1 ? " +\(codes.count - 1)" : ""))
        if let error = try row.optionalText("error") {
            line("  " + "".padded(8) + styled("↳ \(error)", .dim))
        }
    }

    /// Shows an insert that the database refused; there is no row.
    func refusedInsert(_ shopOrderID: String, _ message: String) {
        line("  –       \(shopOrderID.padded(8)) " + styled("INSERT refused; nothing was stored", .red))
        line("  " + "".padded(8) + styled("↳ \(message)", .dim))
    }

    func summary(counts: [String: Int], refusedInserts: Int, sales: Int, isOnceEach: Bool, isGood: Bool) {
        let states = counts.sorted { $0.value > $1.value }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        line()
        line("  " + styled("Summary", .bold))
        line("  The table       \(states); \(refusedInserts) insert refused by the database")
        line(
            "  Vendor's ledger \(sales) sales"
                + (isOnceEach ? ", each completed order exactly once, with the codes in its row" : ""))
        line(
            "  "
                + (isGood
                    ? styled(
                        "All results are as expected. The answer to order \(DemoOrder.lostAnswer) was lost; Giftbridge verified the order and did not sell it twice.",
                        .green)
                    : styled(
                        "Some results are NOT as expected: see the rows above. Use --verbose to see the log.", .red)))
        line()
    }

    func lookAround(_ house: DemoHouse.Open, isStaying: Bool) {
        line("  " + styled(isStaying ? "Look around, in another terminal" : "What to try next", .bold))
        if isStaying {
            line("    psql \"\(house.conninfo)\"")
            line("    SELECT id, status, order_reference, voucher_codes, error FROM giftbridge.orders ORDER BY id;")
            line(
                "    SELECT * FROM giftbridge.submissions ORDER BY id;   -- every request, recorded before it was sent")
            line("    SELECT * FROM giftbridge.queue;                     -- waiting orders, remaining allowance")
            line("    \\i sql/examples/smallest_order.sql                  -- insert your own order")
            line("    curl \(house.sandboxURL)/_sandbox/summary           # what the vendor sold")
            line()
            line("  Press Ctrl-C to end the demo and remove everything.")
        } else {
            // In a checkout the binary is not in the PATH; there the user typed the script's name.
            let demo = CommandLine.arguments[0].contains("/.build/") ? "./deploy/demo" : "giftbridge demo"
            line("    \("\(demo) --stay".padded(27)) keep it running: look around, insert your own orders")
            line(
                "    README.md                   use your own database and shop, and the vendor's development environment"
            )
            line("    giftbridge run --help       all settings")
        }
        line()
    }
}
