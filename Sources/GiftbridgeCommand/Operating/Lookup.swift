import ArgumentParser
import Giftbridge

/// `giftbridge lookup`: asks the vendor which codes of an order exist.
struct Lookup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask the vendor which voucher codes of an order in doubt exist.",
        discussion: """
            A worker makes one request for each code (POST /redeem/check), within the shop's allowance. If all codes exist the order \
            is completed; if none does it is sent again; otherwise it waits for a decision, with the list. Needs the shop's site_id.
            """)

    @OptionGroup var database: DatabaseOptions
    @Argument(help: "Ids of orders: giftbridge.orders.id.") var ids: [Int]

    func run() async throws {
        try await database.session("lookup") { connection in
            try await OrderAction.lookUp.perform(on: ids, over: connection) {
                print("order \($0) will be looked up now; giftbridge show \($0) has the result")
            }
        }
    }
}
