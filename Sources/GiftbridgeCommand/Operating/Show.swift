import ArgumentParser
import Giftbridge
import LibPQ

/// `giftbridge show`: where one order is, how it came there, and what happens next.
struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tell one order's story: where it is, why, what happens next and what can be done.",
        discussion: """
            Found by the shop's order id or by the bridge's id (giftbridge.orders.id); where both fit different orders, all are \
            told. No codes and no personal data, unless --codes asks for the codes.
            """)

    @OptionGroup var database: DatabaseOptions
    @Argument(help: "The shop's order id, or the bridge's id, as 17, #17 or gb-17.") var id: String
    @Option(help: "Only this shop's.") var shop: String?
    @Flag(help: "Show the voucher codes too: they are money.") var codes = false
    @Flag(help: "As JSON: an array of stories.") var json = false

    /// A story, with codes if they were asked for.
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
        "there is no order \(name)\(shop.map { " of shop \($0)" } ?? ""), neither by the shop's number nor by the bridge's: "
            + "giftbridge orders lists the newest"
    }
}
