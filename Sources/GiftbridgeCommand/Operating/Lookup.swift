import ArgumentParser
import Giftbridge

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
