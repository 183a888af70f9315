import ArgumentParser
import Giftbridge
import LibPQ

/// `giftbridge show`: one order's status, history and next step.
struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show one order's history: its status, the reason, what happens next and what you can do.",
        discussion: """
            Searches shop order numbers and Giftbridge ids (giftbridge.orders.id); if several orders match, all are shown. Shows no \
            personal data, and voucher codes only with --codes.
            """)

    @OptionGroup var database: DatabaseOptions
    @Argument(help: "The shop order number, or the Giftbridge id as 17, #17 or gb-17.") var id: String
    @Option(help: "Only orders of this shop.") var shop: String?
    @Flag(help: "Also show the voucher codes. Treat them like cash.") var codes = false
    @Flag(help: "Print JSON: an array of orders with their history.") var json = false

    /// An order's story, with its codes if they were requested.
    struct Shown: Encodable {
        let story: OrderStory
        let codes: [String]?

        enum CodingKeys: String, CodingKey {
            case voucherCodes = "voucher_codes"
        }

        func encode(to encoder: any Encoder) throws {
            try story.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encodeIfPresent(codes, forKey: .voucherCodes)
        }
    }

    func run() async throws {
        let found = try await database.session("show") { connection in
            let desk = OperatorDesk(connection)
            var found: [Shown] = []
            for id in try await desk.find(id, shop: shop) {
                guard let story = try await desk.story(of: id) else { continue }
                found.append(Shown(story: story, codes: codes ? try await desk.codes(of: id) : nil))
            }
            return found
        }
        guard !found.isEmpty else { throw NoSuchOrder(name: id, shop: shop) }
        guard !json else { return print(try OperatorJSON.text(found)) }
        let terminal = Terminal.standard
        for (index, shown) in found.enumerated() {
            if index > 0 { print() }
            for line in StoryText(shown.story, codes: shown.codes).lines(terminal) { print(line) }
        }
    }
}

/// No order has that name.
struct NoSuchOrder: Error, CustomStringConvertible {
    let name: String
    var shop: String?
    var description: String {
        "no order \(name)\(shop.map { " of shop \($0)" } ?? "") (searched shop order numbers and Giftbridge ids). "
            + "List recent orders: giftbridge orders"
    }
}
