import Testing

@testable import Giftbridge
@testable import StatusServer

/// Who may sign in on the status page, and how often one may try.
@Suite struct SessionsTests {
    private static let token = "a-token-for-the-tests"

    private static func isEntered(_ entry: Sessions.Entry) -> Bool { if case .entered = entry { true } else { false } }

    @Test func wrongTokensKeepOutOnlyTheAddressThatTheyComeFrom() throws {
        let sessions = Sessions(token: try HTTPToken(Self.token))
        for _ in 0..<10 { #expect(sessions.enter(token: "wrong", from: "192.0.2.1") == .wrong) }
        #expect(sessions.enter(token: "wrong", from: "192.0.2.1") == .later)
        #expect(sessions.enter(token: Self.token, from: "192.0.2.1") == .later, "it may not go on guessing")
        #expect(Self.isEntered(sessions.enter(token: Self.token, from: "192.0.2.2")))
    }

    @Test func wrongTokensFromEverywhereLockNoOtherAddressOut() throws {
        let sessions = Sessions(token: try HTTPToken(Self.token))
        for number in 0..<3000 { _ = sessions.enter(token: "wrong", from: "192.0.\(number / 250).\(number % 250)") }
        #expect(Self.isEntered(sessions.enter(token: Self.token, from: "198.51.100.1")))
        #expect(sessions.failureAddresses <= 1000)
    }
}
