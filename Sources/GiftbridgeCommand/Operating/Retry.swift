import ArgumentParser
import Giftbridge

/// `giftbridge retry`: sends rejected or failed orders again.
struct Retry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send rejected or failed orders again.",
        discussion: "Mend a rejected order first, with an UPDATE of its row.")

    @OptionGroup var database: DatabaseOptions
    @Argument(help: "Ids of orders: giftbridge.orders.id.") var ids: [Int]

    func run() async throws {
        try await database.session("retry") { connection in
            try await OrderAction.retry.perform(on: ids, over: connection) { print("order \($0) is pending") }
        }
    }
}
