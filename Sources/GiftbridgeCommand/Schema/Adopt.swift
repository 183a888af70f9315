import ArgumentParser
import Giftbridge

/// `giftbridge adopt`: lets a restored or copied database sell.
struct Adopt: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Allow a restored or copied database to send orders from now on.",
        discussion: """
            Workers do not start on a database that was restored or copied to another PostgreSQL cluster, or under another name, \
            so that a copy for testing never sends orders. Make sure that no worker uses the original any more, then run this as \
            the schema's owner. Orders that were sold after the backup are sent again with the same voucher codes, and so the \
            vendor reports them as sold already.
            """)

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var confirmation: Confirmation

    func run() async throws {
        try confirmation.ask(
            "Workers will send the orders of this database. All workers of the original must be stopped.")
        try await database.session("adopt") { connection in
            try await Installation.adopt(over: connection)
            print("this database now belongs to this PostgreSQL cluster; workers can start")
        }
    }
}
