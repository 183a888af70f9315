import LibPQ
import Testing

@testable import GiftbridgeCommand

/// Commands that may work or wait for longer than a minute without a word from the server.
@Suite struct LongCommandTests {
    /// A migration or a prune may work for hours, and wait for a lock for as long as `--lock-timeout` says.
    @Test func longCommandsWaitForTheServerWithoutALimit() {
        #expect(Migrate.connectionOptions.commandTimeout == nil)
        #expect(Migrate.connectionOptions.applicationName == "giftbridge migrate")
        #expect(Prune.connectionOptions.commandTimeout == nil)
        #expect(Prune.connectionOptions.applicationName == "giftbridge prune")
    }
}
