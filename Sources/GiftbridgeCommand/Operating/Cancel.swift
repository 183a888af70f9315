import ArgumentParser
import Giftbridge

/// `giftbridge cancel`: withdraws pending orders.
struct Cancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Withdraw pending orders before they are sent.")

    @OptionGroup var database: DatabaseOptions
    @Argument(help: "Ids of orders: giftbridge.orders.id.") var ids: [Int]

    func run() async throws {
        try await database.session("cancel") { connection in
            try await OrderAction.cancel.perform(on: ids, over: connection) { print("order \($0) is cancelled") }
        }
    }
}
