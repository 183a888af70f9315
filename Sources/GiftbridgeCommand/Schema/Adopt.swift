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
    @Flag(help: "Do not ask for confirmation.") var yes = false

    func run() async throws {
        try await database.session("adopt") { connection in
            guard
                yes
                    || Terminal.confirms(
                        "Have all workers of the original database been stopped? Type yes to adopt this one: ")
            else {
                throw ValidationError("nothing was changed; use --yes to adopt without confirmation")
            }
            try await Installation.adopt(over: connection)
            print("this database now belongs to this PostgreSQL cluster; workers can start")
        }
    }
}
