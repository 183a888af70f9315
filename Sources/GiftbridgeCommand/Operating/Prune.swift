import ArgumentParser
import Giftbridge
import LibPQ

/// `giftbridge prune`: erases personal data.
struct Prune: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Erase the personal data of orders finished long ago.",
        discussion: """
            References, codes, states and times stay; no row is deleted, and what is not finished is not touched. Needs more \
            rights than the worker has: run it as the schema's owner.
            """)

    @OptionGroup var database: DatabaseOptions
    @Option(help: "Finished longer ago than this: 90d, for instance; a day or more.", transform: parseDuration)
    var olderThan: Duration

    func validate() throws {
        guard olderThan >= .seconds(86_400) else {
            throw ValidationError("--older-than must be at least 1d: younger orders are still asked about")
        }
    }

    /// Millions of rows take more than a minute.
    static let connectionOptions = ConnectionOptions.patient("prune")

    func run() async throws {
        try await database.session("prune", options: Self.connectionOptions) { connection in
            let count = try await Pruning.prune(olderThan: olderThan, over: connection)
            print("erased the personal data of \(count) \(count == 1 ? "order" : "orders")")
        }
    }
}
