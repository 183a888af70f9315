import ArgumentParser
import Giftbridge

/// `giftbridge pause`: stops a shop.
struct Pause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send nothing more for a shop, until it is resumed.",
        discussion: "Its orders wait; what is in the air is still settled.")

    @OptionGroup var database: DatabaseOptions
    @Argument(help: "The shop's name.") var shop: String
    @Option(help: "Why, for whoever looks at the queue.") var reason: String?

    func run() async throws {
        try await database.session("pause") { connection in
            try await ShopAction.pause(reason: reason).perform(on: shop, over: connection)
            print("shop \(shop) is paused")
        }
    }
}
