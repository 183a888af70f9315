import ArgumentParser
import Giftbridge

/// `giftbridge pause`: stops a shop.
struct Pause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Stop sending a shop's orders until it is resumed.",
        discussion: "Its orders wait. Requests already in flight are completed and saved.")

    @OptionGroup var database: DatabaseOptions
    @Argument(help: "The shop's name.") var shop: String
    @Option(help: "Why the shop is paused; shown with the queue.") var reason: String?

    func run() async throws {
        try await database.session("pause") { connection in
            try await ShopAction.pause(reason: reason).perform(on: shop, over: connection)
            print("shop \(shop) is paused")
        }
    }
}

/// `giftbridge resume`: ends a shop's pause.
struct Resume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "End a shop's pause at once, whether an operator or a set-up fault caused it.")

    @OptionGroup var database: DatabaseOptions
    @Argument(help: "The shop's name.") var shop: String

    func run() async throws {
        try await database.session("resume") { connection in
            try await ShopAction.resume.perform(on: shop, over: connection)
            print("shop \(shop) is resumed")
        }
    }
}
