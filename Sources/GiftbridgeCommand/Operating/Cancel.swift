import ArgumentParser
import Giftbridge

/// `giftbridge cancel`: withdraws pending orders.
struct Cancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Withdraw pending orders before they are sent.",
        discussion: """
            An order that is or was in doubt may have been sold. Ask the vendor first; then use --force. The --reason is recorded \
            in giftbridge.actions.
            """)

    @OptionGroup var database: DatabaseOptions
    @Argument(help: "Ids of the orders (giftbridge.orders.id).") var ids: [Int]
    @Flag(help: "Also cancel orders that are or were in doubt. Needs --reason.") var force = false
    @Option(help: "With --force: why the order is cancelled.") var reason: String?

    func validate() throws {
        guard force == (reason != nil) else { throw ValidationError("use --force and --reason together") }
    }

    func run() async throws {
        let action = reason.map { OrderAction.forceCancel(reason: $0) } ?? .cancel
        try await database.session("cancel") { connection in
            try await action.perform(on: ids, over: connection) { print("order \($0) is cancelled") }
        }
    }
}
