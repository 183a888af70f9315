import ArgumentParser
import Giftbridge

/// `giftbridge resolve`: records whether an order in doubt was sold.
struct Resolve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Record whether an order in doubt was sold, after asking the vendor.",
        discussion: """
            --sold completes the order with the vendor's reference and codes. --unsold sends it again with the same codes.

            Treat codes like cash. Command lines are visible to other users: use --codes - to read them from standard input.
            """)

    @OptionGroup var database: DatabaseOptions
    @Argument(help: "The order's id (giftbridge.orders.id).") var id: Int
    @Flag(help: "The vendor sold the order.") var sold = false
    @Flag(help: "The vendor did not sell the order: send it again.") var unsold = false
    @Option(help: "With --sold: the order's reference at Smart Gift.") var reference: String?
    @Option(
        help: ArgumentHelp(
            """
            With --sold: the voucher codes, one per item in the order of the items, separated by commas; -: read them from \
            standard input. Default: the codes that were sent.
            """, valueName: "code,…"))
    var codes: String?

    func validate() throws {
        guard sold != unsold else { throw ValidationError("use either --sold or --unsold") }
        guard !sold || reference?.isEmpty == false else {
            throw ValidationError("--sold needs --reference with the vendor's reference")
        }
        guard sold || reference == nil && codes == nil else {
            throw ValidationError("--reference and --codes can only be used with --sold")
        }
    }

    func run() async throws {
        let action = action()
        try await database.session("resolve") { connection in
            try await action.perform(on: [id], over: connection) {
                print("order \($0) is \(sold ? "completed" : "pending")")
            }
        }
    }

    private func action() -> OrderAction {
        guard sold, let reference else { return .resolveUnsold }
        var text = codes
        if text == "-" {
            text = ""
            while let line = readLine() { text? += line + "," }
        }
        let list = text?.split(whereSeparator: { $0 == "," || $0.isWhitespace }).map(String.init)
        return .resolveSold(reference: reference, codes: list)
    }
}
