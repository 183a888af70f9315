import ArgumentParser
import Giftbridge
import LibPQ

/// `giftbridge prune`: erases personal data.
struct Prune: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Erase the personal data of old finished orders.",
        discussion: """
            References, codes, states and times are kept. No row is deleted, and unfinished orders are not changed. Run this as \
            the schema's owner; a member of giftbridge_worker lacks the permission.
            """)

    @OptionGroup var database: DatabaseOptions
    @Option(help: "Minimum age of the finished orders, such as 90d; at least 1d.", transform: parseDuration)
    var olderThan: Duration
    @OptionGroup var confirmation: Confirmation

    func validate() throws {
        guard olderThan >= .seconds(86_400) else {
            throw ValidationError("--older-than must be at least 1d: newer orders may still be needed by support")
        }
    }

    /// Millions of rows take more than a minute.
    static let connectionOptions = ConnectionOptions.patient("prune")

    func run() async throws {
        try confirmation.ask(
            "Names, addresses, e-mail addresses and texts of the finished orders older than that are erased.")
        try await database.session("prune", options: Self.connectionOptions) { connection in
            let count = try await Pruning.prune(olderThan: olderThan, over: connection)
            print("erased the personal data of \(count) \(count == 1 ? "order" : "orders")")
        }
    }
}
