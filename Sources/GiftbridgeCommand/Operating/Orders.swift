import ArgumentParser
import Giftbridge

/// `giftbridge orders`: lists orders.
struct Orders: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List orders, the newest first.",
        discussion: "No codes and no personal data. giftbridge show ID tells the whole of one.")

    @OptionGroup var database: DatabaseOptions
    @Option(help: "Only this shop's.") var shop: String?
    @Option(
        help: ArgumentHelp("Only those in this state: \(OrderStatus.names).", valueName: "state"),
        completion: .list(OrderStatus.allCases.map(\.rawValue)), transform: parseStatus)
    var status: OrderStatus?
    @Option(help: ArgumentHelp("Only the one that the shop knows by this number.", valueName: "number"))
    var shopOrderId: String?
    @Flag(help: "Only those that wait for a person: rejected, failed, or in doubt without a way to prove the sale.")
    var needsAttention = false
    @Option(help: "At most so many, 1 to 100000.") var limit = 50
    @Flag(help: "As JSON: an array of orders.") var json = false

    func validate() throws {
        guard (1...100_000).contains(limit) else { throw ValidationError("--limit must be 1 to 100000") }
    }

    func run() async throws {
        var search = OrderSearch()
        (search.shop, search.status, search.shopOrderID) = (shop, status, shopOrderId)
        (search.needsAttention, search.limit) = (needsAttention, limit)
        let orders = try await database.session("orders") { try await OperatorDesk($0).orders(search) }
        guard !json else { return print(try OperatorJSON.text(orders)) }
        guard !orders.isEmpty else { return print("no orders") }
        let terminal = Terminal.standard
        for line in OrderTable(orders).lines(terminal) { print(line) }
        if orders.count == limit { print(terminal.styled("the newest \(limit); --limit shows more", .dim)) }
    }
}

@Sendable private func parseStatus(_ text: String) throws -> OrderStatus {
    guard let status = OrderStatus(rawValue: text) else {
        throw ValidationError("'\(text)' is no state: \(OrderStatus.names)")
    }
    return status
}

extension OrderStatus {
    /// All of them, for help and errors.
    static let names = allCases.map(\.rawValue).joined(separator: ", ")
}
