import ArgumentParser
import Giftbridge

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
