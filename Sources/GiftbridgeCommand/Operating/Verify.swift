import ArgumentParser
import Giftbridge

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
