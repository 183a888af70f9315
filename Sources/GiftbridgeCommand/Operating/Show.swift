import ArgumentParser
import FoundationEssentials
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

/// An order's history as text for a terminal.
struct StoryText {
    private let story: OrderStory
    private let codes: [String]?

    init(_ story: OrderStory, codes: [String]? = nil) {
        self.story = story
        self.codes = codes
    }

    func lines(_ terminal: Terminal) -> [String] {
        let order = story.order
        var lines = [
            terminal.styled(
                ("Order \(order.id) · shop \(order.shop)"
                    + (order.shopOrderID.map { " · shop order number \($0)" } ?? "")).printable,
                .bold)
        ]
        lines.append(
            terminal.styled(order.status.rawValue, order.style) + (order.needsAttention ? ": needs attention" : ""))
        if let error = order.error { lines += terminal.wrapped(error) }
        lines += terminal.wrapped(summary)
        if let codes, !codes.isEmpty { lines += terminal.wrapped("codes " + codes.joined(separator: " ")) }

        lines += ["", terminal.styled("What happened (UTC)", .bold)]
        for event in story.timeline {
            lines.append("  \(Self.clock(event.at))  " + event.what.printable)
            if let detail = event.detail {
                lines += terminal.wrapped(detail, indent: 27).map { terminal.styled($0, .dim) }
            }
        }

        let outlook = story.outlook
        lines += ["", terminal.styled("What happens next", .bold)]
        lines += terminal.wrapped(outlook.next + (outlook.at.map { " \(when($0))." } ?? ""), indent: 2)
        if !outlook.options.isEmpty {
            lines += ["", terminal.styled("What you can do", .bold)]
            for option in outlook.options {
                if let command = option.command {
                    lines.append("  " + terminal.styled(command, .bold))
                    lines += terminal.wrapped(option.what, indent: 4)
                } else {
                    lines += terminal.wrapped(option.what, indent: 2)
                }
            }
        }
        return lines
    }

    private var summary: String {
        let order = story.order
        return [
            order.items == 1 ? "1 voucher" : "\(order.items) vouchers",
            order.attempts == 1 ? "1 attempt" : "\(order.attempts) attempts",
            order.orderReference.map { "reference \($0)" },
            codes == nil ? order.codes.map { $0 == 1 ? "1 code" : "\($0) codes" } : nil,
        ].compactMap(\.self).joined(separator: ", ")
    }

    /// `Expected in 12 s, at 2026-11-23 03:07:11 UTC`
    private func when(_ date: Date) -> String {
        let seconds = date.timeIntervalSince(story.facts.lookedAt)
        return seconds < 1
            ? "Expected now" : "Expected in \(BriefDuration(seconds: seconds)), at \(Self.clock(date, 0)) UTC"
    }

    /// A time in UTC, as in logs.
    static func clock(_ date: Date, _ digits: Int = 3) -> String {
        var style = Date.ISO8601FormatStyle(dateTimeSeparator: .space)
        style =
            digits > 0 ? style.time(includingFractionalSeconds: true) : style.time(includingFractionalSeconds: false)
        return date.formatted(style.year().month().day())
    }
}

/// `giftbridge preview`: the request that would be sent for an order.
struct Preview: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the exact request for an order, without sending it.",
        discussion: """
            The request contains the order's personal data and the codes that the shop chose, but not the key. Codes assigned by \
            Giftbridge are shown as \(RequestPreview.placeholder) until the order is completed.
            """)

    @OptionGroup var database: DatabaseOptions
    @Argument(help: "The order's id (giftbridge.orders.id).") var id: Int
    @Option(help: "The vendor's base URL. [GIFTBRIDGE_API_URL; default: \(BridgeConfiguration.productionURL)]")
    var apiUrl: String?
    @Flag(help: "Print only the body, exactly as it would be sent.") var raw = false

    func run() async throws {
        let apiURL = try BridgeConfiguration.apiURL(
            flags: apiUrl.map { ["GIFTBRIDGE_API_URL": $0] } ?? [:], environment: ProcessInfo.processInfo.environment,
            file: database.file())
        let preview = try await database.session("preview") { connection in
            try await RequestPreview(of: id, apiURL: apiURL, over: connection)
        }
        guard let preview else { throw NoSuchOrder(name: "\(id)") }
        guard !raw else { return print(String(decoding: preview.body, as: UTF8.self)) }
        print("POST \(preview.url)")
        print("Smart-Auth: (the shop's key)\nContent-Type: application/json\nAccept: application/json\n")
        print(preview.indentedBody)
    }
}
