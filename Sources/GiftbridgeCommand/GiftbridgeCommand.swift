import ArgumentParser

/// The command `giftbridge`.
@main
struct GiftbridgeCommand: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "giftbridge",
        abstract: "Orders gift vouchers from Smart Gift for the orders that web shops insert into PostgreSQL.",
        discussion: """
            A shop inserts a row into giftbridge.orders. The worker picks it up, sends it to the vendor Smart Gift, and saves \
            the reference and the voucher codes in the row.

            First steps: giftbridge demo. Then: giftbridge migrate, giftbridge check, giftbridge run.

            Tab completion: giftbridge --generate-completion-script bash (zsh, fish).

            Exit status: 0 success; 1 failure; 64 wrong usage; 69 database or vendor not reachable; 78 wrong configuration.
            """,
        version: "giftbridge \(version)",
        subcommands: [
            Run.self, Migrate.self, Check.self, Status.self, Orders.self, Show.self, Preview.self, Retry.self,
            Cancel.self, Resolve.self, Verify.self, Lookup.self, Pause.self, Resume.self, Prune.self, Adopt.self,
            SandboxCommand.self, Demo.self,
        ]
    )

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            ExitStatus.done.end()
        } catch {
            ExitStatus.end(with: error)
        }
    }
}
