import ArgumentParser
import Giftbridge

/// `giftbridge retry`: sends rejected or failed orders again.
struct Retry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send rejected or failed orders again.",
        discussion: "Correct a rejected order first (UPDATE giftbridge.orders).")

    @OptionGroup var database: DatabaseOptions
    @Argument(help: "Ids of the orders (giftbridge.orders.id).") var ids: [Int]

    func run() async throws {
        try await database.session("retry") { connection in
            try await OrderAction.retry.perform(on: ids, over: connection) { print("order \($0) is pending") }
        }
    }
}

/// `giftbridge cancel`: withdraws pending orders.
struct Cancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Withdraw pending orders before they are sent.",
        discussion: """
            An order that is or was in doubt may have been sold. Ask the vendor first; then use --force. The --reason is recorded \
            in giftbridge.actions.
            """)

    @OptionGroup var database: DatabaseOptions
    @Argument(help: "Ids of the orders (giftbridge.orders.id).") var ids: [Int]
    @Flag(help: "Also cancel orders that are or were in doubt. Needs --reason.") var force = false
    @Option(help: "With --force: why the order is cancelled.") var reason: String?
    @OptionGroup var confirmation: Confirmation

    func validate() throws {
        guard force == (reason != nil) else { throw ValidationError("use --force and --reason together") }
    }

    func run() async throws {
        let orders = (ids.count == 1 ? "order " : "orders ") + ids.map(String.init).joined(separator: ", ")
        try confirmation.ask("Giftbridge will never send \(orders).")
        let action = reason.map { OrderAction.forceCancel(reason: $0) } ?? .cancel
        try await database.session("cancel") { connection in
            try await action.perform(on: ids, over: connection) { print("order \($0) is cancelled") }
        }
    }
}

/// `giftbridge verify`: verifies orders in doubt now.
struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Verify orders in doubt now, with the account that the workers use.",
        discussion: """
            An order in doubt is verified automatically only with the key and address that it was sent with. After a key has been \
            rotated, use this to confirm that the new key belongs to the same company: the orders are then sent again with the same \
            voucher codes.
            """)

    @OptionGroup var database: DatabaseOptions
    @Argument(help: "Ids of the orders (giftbridge.orders.id).") var ids: [Int] = []
    @Option(help: "All orders in doubt of this shop that need attention.") var shop: String?

    func validate() throws {
        guard ids.isEmpty != (shop == nil) else { throw ValidationError("give order ids or --shop, not both") }
    }

    func run() async throws {
        try await database.session("verify") { connection in
            var search = OrderSearch()
            (search.shop, search.status, search.needsAttention, search.limit) = (shop, .inDoubt, true, 100_000)
            let ids = shop == nil ? ids : try await OperatorDesk(connection).orders(search).map(\.id)
            try await OrderAction.verify.perform(on: ids, over: connection) {
                print("order \($0) will be verified now")
            }
        }
    }
}

/// `giftbridge lookup`: asks the vendor which codes of an order exist.
struct Lookup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask the vendor which voucher codes of an order in doubt exist.",
        discussion: """
            A worker makes one request for each code (POST /redeem/check), within the rate limit. If all codes exist, the order is \
            completed. If none exists, it is sent again. If only some exist, it needs a decision; its error lists them. The shop must \
            have a site_id.
            """)

    @OptionGroup var database: DatabaseOptions
    @Argument(help: "Ids of the orders (giftbridge.orders.id).") var ids: [Int]

    func run() async throws {
        try await database.session("lookup") { connection in
            try await OrderAction.lookUp.perform(on: ids, over: connection) {
                print("order \($0) will be looked up now; for the result: giftbridge show \($0)")
            }
        }
    }
}

/// `giftbridge resolve`: records whether an order in doubt was sold.
struct Resolve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Record whether an order in doubt was sold, after asking the vendor.",
        discussion: """
            --sold completes the order with the vendor's reference and codes. --unsold sends it again with the same codes.

            Treat codes like cash. Command lines are visible to other users: use --codes - to read them from standard input.
            """)

    @OptionGroup var database: DatabaseOptions
    @Argument(help: "The order's id (giftbridge.orders.id).") var id: Int
    @Flag(help: "The vendor sold the order.") var sold = false
    @Flag(help: "The vendor did not sell the order: send it again.") var unsold = false
    @Option(help: "With --sold: the order's reference at Smart Gift.") var reference: String?
    @Option(
        help: ArgumentHelp(
            """
            With --sold: the voucher codes, one per item in the order of the items, separated by commas; -: read them from \
            standard input. Default: the codes that were sent.
            """, valueName: "code,…"))
    var codes: String?
    @OptionGroup var confirmation: Confirmation

    func validate() throws {
        guard sold != unsold else { throw ValidationError("use either --sold or --unsold") }
        guard !sold || reference?.isEmpty == false else {
            throw ValidationError("--sold needs --reference with the vendor's reference")
        }
        guard sold || reference == nil && codes == nil else {
            throw ValidationError("--reference and --codes can only be used with --sold")
        }
    }

    func run() async throws {
        try confirmation.ask(
            sold
                ? "Order \(id) is recorded as sold, and will not be sent again."
                : "Order \(id) is sent again. Only the vendor's refusal of its codes keeps it from being sold twice.")
        let action = action()
        try await database.session("resolve") { connection in
            try await action.perform(on: [id], over: connection) {
                print("order \($0) is \(sold ? "completed" : "pending")")
            }
        }
    }

    private func action() -> OrderAction {
        guard sold, let reference else { return .resolveUnsold }
        var text = codes
        if text == "-" {
            text = ""
            while let line = readLine() { text? += line + "," }
        }
        let list = text?.split(whereSeparator: { $0 == "," || $0.isWhitespace }).map(String.init)
        return .resolveSold(reference: reference, codes: list)
    }
}
