import ArgumentParser
import Giftbridge

/// `giftbridge resolve`: says what the vendor says of an order in doubt.
struct Resolve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what became of an order in doubt, after asking the vendor.",
        discussion: """
            Sold: it is completed with the vendor's reference and codes. Not sold: it is sent again, with the same codes.

            Codes are money, and a command line is there for everybody to see: --codes - reads them from standard input.
            """)

    enum Finding: String, EnumerableFlag {
        case sold, unsold

        static func help(for value: Finding) -> ArgumentHelp? {
            value == .sold ? "The vendor has sold it." : "The vendor has not sold it: send it again."
        }
    }

    @OptionGroup var database: DatabaseOptions
    @Argument(help: "The order's id: giftbridge.orders.id.") var id: Int
    @Flag(exclusivity: .exclusive) var finding: Finding
    @Option(help: "With --sold: the order's reference at Smart Gift.") var reference: String?
    @Option(
        help: ArgumentHelp(
            """
            With --sold: the voucher codes, one per item in the items' order, with commas between; - reads them from standard \
            input; left out: those that were sent.
            """, valueName: "code,…"))
    var codes: String?

    func validate() throws {
        switch finding {
        case .sold:
            guard reference?.isEmpty == false else {
                throw ValidationError("--sold needs the vendor's --reference")
            }
        case .unsold:
            guard reference == nil, codes == nil else {
                throw ValidationError("--reference and --codes belong to --sold: what was not sold has none")
            }
        }
    }

    func run() async throws {
        let action = action()
        try await database.session("resolve") { connection in
            try await action.perform(on: [id], over: connection) {
                print("order \($0) is \(finding == .sold ? "completed" : "pending")")
            }
        }
    }

    private func action() -> OrderAction {
        guard finding == .sold, let reference else { return .resolveUnsold }
        var text = codes
        if text == "-" {
            text = ""
            while let line = readLine() { text? += line + "," }
        }
        let list = text?.split(whereSeparator: { $0 == "," || $0.isWhitespace }).map(String.init)
        return .resolveSold(reference: reference, codes: list)
    }
}
