import ArgumentParser
import Giftbridge

/// `giftbridge adopt`: this database belongs to this cluster.
struct Adopt: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Let a restored or copied database sell from now on.",
        discussion: """
            A database that was restored or copied to another PostgreSQL cluster, or under another name, does not sell, so that a copy \
            for testing never uses the production key. Make sure that the original sells no more, then run this as the schema's \
            owner. Orders that were sold after the backup are found sold when they are sent again: their voucher codes are the same.
            """)

    @OptionGroup var database: DatabaseOptions
    @Flag(help: "Do not ask.") var yes = false

    func run() async throws {
        try await database.session("adopt") { connection in
            guard yes || Terminal.confirms("Does the original database sell no more? Type yes to adopt this one: ")
            else {
                throw ValidationError("nothing was changed; --yes adopts without asking")
            }
            try await Identity.adopt(over: connection)
            print("this database belongs to this PostgreSQL cluster now; workers may start")
        }
    }
}
