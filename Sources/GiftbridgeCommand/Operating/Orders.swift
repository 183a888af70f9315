import ArgumentParser
import FoundationEssentials
import Giftbridge

/// `giftbridge orders`: lists orders.
struct Orders: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List orders, newest first.",
        discussion: "Shows no codes and no personal data. For one order's history: giftbridge show ID")

    @OptionGroup var database: DatabaseOptions
    @Option(help: "Only orders of this shop.") var shop: String?
    @Option(
        help: ArgumentHelp("Only orders with this status: \(OrderStatus.names).", valueName: "status"),
        completion: .list(OrderStatus.allCases.map(\.rawValue)), transform: parseStatus)
    var status: OrderStatus?
    @Option(help: ArgumentHelp("Only the order with this shop order number.", valueName: "number"))
    var shopOrderId: String?
    @Flag(
        help: "Only orders that need attention: rejected, failed, or in doubt where Giftbridge cannot verify the sale.")
    var needsAttention = false
    @Option(help: "Maximum number of orders, 1 to 100000.") var limit = 50
    @Flag(help: "Print JSON: an array of orders.") var json = false

    func validate() throws {
        guard (1...100_000).contains(limit) else { throw ValidationError("--limit must be 1 to 100000") }
    }

    func run() async throws {
        var search = OrderSearch()
        (search.shop, search.status, search.shopOrderID) = (shop, status, shopOrderId)
        (search.needsAttention, search.limit) = (needsAttention, limit)
        let orders = try await database.session("orders") { try await OperatorDesk($0).orders(search) }
        guard !json else { return print(try OperatorJSON.text(orders)) }
        guard !orders.isEmpty else { return print("No orders found.") }
        let terminal = Terminal.standard
        for line in OrderTable(orders).lines(terminal) { print(line) }
        if orders.count == limit { print(terminal.styled("Showing the newest \(limit). Use --limit for more.", .dim)) }
    }
}

@Sendable private func parseStatus(_ text: String) throws -> OrderStatus {
    guard let status = OrderStatus(rawValue: text) else {
        throw ValidationError("'\(text)' is not a status: use one of \(OrderStatus.names)")
    }
    return status
}

extension OrderStatus {
    /// All status names, for help and errors.
    static let names = allCases.map(\.rawValue).joined(separator: ", ")
}

/// Orders as a table, one line each.
struct OrderTable {
    private var table = TextTable(">ID", "SHOP", "SHOP ORDER", "STATE", ">ATTEMPTS", ">AGE", "REFERENCE OR REASON")

    /// - Parameter now: The current time, by the database's clock or close to it.
    init(_ orders: [OrderSummary], now: Date = .now) {
        for order in orders {
            table.add(
                .init("\(order.id)"), .init(order.shop), .init(order.shopOrderID ?? "–"),
                .init(order.status.rawValue, order.style), .init("\(order.attempts)"),
                .init(BriefDuration(seconds: max(now.timeIntervalSince(order.createdAt), 0)).description),
                .init(order.orderReference ?? order.error ?? "–"))
        }
    }

    func lines(_ terminal: Terminal) -> [String] { table.lines(terminal) }
}

extension OrderSummary {
    /// Green: sold; red: needs attention; yellow: outcome unknown.
    var style: Terminal.Style? {
        switch status {
        case .completed: .green
        case _ where needsAttention: .red
        case .inDoubt: .yellow
        default: nil
        }
    }
}
