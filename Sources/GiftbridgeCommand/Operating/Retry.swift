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
