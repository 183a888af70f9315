import Synchronization
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

/// One look for all who ask at about the same time.
@Suite(.timeLimit(.minutes(1))) struct GlanceTests {
    private struct Failed: Error {}

    /// A look that can be counted and held up.
    private final class Source: Sendable {
        private let looks = Mutex(0)
        let gate = Latch()
        var count: Int { looks.withLock { $0 } }

        /// Waits until the look of this number has begun.
        func wait(for number: Int) async throws {
            let deadline = ContinuousClock.now + .seconds(10)
            while count < number {
                guard ContinuousClock.now < deadline else { throw Failed() }
                await Task.yield()
            }
        }

        func look() async -> Int {
            let number = looks.withLock { looks in
                looks += 1
                return looks
            }
            await gate.wait()
            return number
        }
    }

    @Test func allWhoAskAtOnceGetTheSameLook() async throws {
        let source = Source()
        let glance = Glance(freshness: .seconds(60)) { await source.look() }
        let values = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<50 { group.addTask { try await glance.value() } }
            group.addTask {
                try await source.wait(for: 1)
                source.gate.open()
                return 1
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(values == Array(repeating: 1, count: 51) && source.count == 1)
        #expect(try await glance.value() == 1, "still fresh")
        await glance.forget()
        #expect(try await glance.value() == 2)
    }

    @Test func whatIsForgottenWhileItIsLookedAtIsLookedAtAgain() async throws {
        let source = Source()
        let glance = Glance(freshness: .seconds(60)) { await source.look() }
        async let before = glance.value()
        try await source.wait(for: 1)
        await glance.forget()
        async let after = glance.value()
        try await source.wait(for: 2)
        source.gate.open()
        #expect(try await before == 1)
        #expect(try await after == 2)
    }

    @Test func aLookThatTakesTooLongDelaysNoOtherAndEndsAllTheSame() async throws {
        let source = Source()
        let glance = Glance(freshness: .seconds(60), patience: .milliseconds(50)) { await source.look() }
        await #expect(throws: TookTooLong.self) { try await glance.value() }
        await #expect(throws: TookTooLong.self, "at once, as it goes on") { try await glance.value() }
        source.gate.open()
        var value: Int?
        let deadline = ContinuousClock.now + .seconds(10)
        // Not yet over: asked again.
        while value == nil, ContinuousClock.now < deadline { value = try? await glance.value() }
        #expect(value == 1 && source.count == 1)
    }

    @Test func aFailureIsSharedTooAndTriedAgain() async throws {
        let looks = Mutex(0)
        let glance = Glance<Int>(freshness: .zero) {
            try looks.withLock { looks in
                looks += 1
                if looks == 1 { throw Failed() }
                return looks
            }
        }
        await #expect(throws: Failed.self) { try await glance.value() }
        #expect(try await glance.value() == 2)
    }
}

/// Which connection goes when there are too many.
@Suite struct ConnectionTableTests {
    private static func table(limit: Int = 3, share: Int = 2) -> ConnectionTable<Int> {
        ConnectionTable(limit: limit, share: share)
    }

    @Test func theOldestIdleOneGoes() {
        var table = Self.table()
        for id in 1...3 { #expect(table.open(id, from: "\(id)", isLoopback: false) == nil) }
        #expect(table.open(4, from: "4", isLoopback: false) == 1)
        #expect(table.count == 3)
    }

    @Test func oneThatIsBeingAnsweredStaysAndIsYoungWhenItIsIdleAgain() {
        var table = Self.table()
        for id in 1...3 { _ = table.open(id, from: "\(id)", isLoopback: false) }
        table.set(1, isBusy: true)
        #expect(table.open(4, from: "4", isLoopback: false) == 2)
        table.set(1, isBusy: false)
        #expect(table.open(5, from: "5", isLoopback: false) == 3)
    }

    @Test func whereAllAreBusyTheOneThatIsLongestGoes() {
        var table = Self.table()
        for id in 1...3 { _ = table.open(id, from: "\(id)", isLoopback: false) }
        for id in [2, 3, 1] { table.set(id, isBusy: true) }
        #expect(table.open(4, from: "4", isLoopback: false) == 2)
    }

    @Test func anAddressWithItsShareLosesOneOfItsOwn() {
        var table = Self.table(limit: 10)
        _ = table.open(1, from: "a", isLoopback: false)
        for id in 2...3 { _ = table.open(id, from: "b", isLoopback: false) }
        #expect(table.open(4, from: "b", isLoopback: false) == 2)
        table.close(3)
        #expect(table.open(5, from: "b", isLoopback: false) == nil)
    }

    @Test func loopbackHasNoShareButTheSameLimit() {
        var table = Self.table()
        for id in 1...3 { #expect(table.open(id, from: "127.0.0.1", isLoopback: true) == nil) }
        #expect(table.open(4, from: "127.0.0.1", isLoopback: true) == 1)
    }

    @Test func whatIsClosedIsForgotten() {
        var table = Self.table()
        for id in 1...3 { _ = table.open(id, from: "\(id)", isLoopback: false) }
        table.close(2)
        table.set(2, isBusy: true)
        #expect(table.open(4, from: "4", isLoopback: false) == nil)
    }
}

/// Prometheus' text format, by example.
@Suite("The text of /metrics")
struct MetricsTextTests {
    @Test("Labels and help are escaped, whole numbers are whole")
    func escapes() {
        var text = MetricsText()
        text.family("a_total", .counter, "One\nline \\ only", [(["shop": "a\"b\\c\nd", "x": "y"], 3), ([:], 0.25)])
        text.single("b", .gauge, "B", .infinity)
        text.family("none", .gauge, "No sample, no head", [])
        #expect(
            text.text == #"""
                # HELP a_total One\nline \\ only
                # TYPE a_total counter
                a_total{shop="a\"b\\c\nd",x="y"} 3
                a_total 0.25
                # HELP b B
                # TYPE b gauge
                b +Inf

                """#)
    }

    @Test("A histogram's buckets are cumulative; a bound belongs to its bucket")
    func histogram() {
        var histogram = Histogram(bounds: [0.25, 1])
        for milliseconds in [125, 250, 500, 1000, 5000] { histogram.observe(.milliseconds(milliseconds)) }
        var text = MetricsText()
        text.histogram("h_seconds", "H", histogram)
        #expect(
            text.text == """
                # HELP h_seconds H
                # TYPE h_seconds histogram
                h_seconds_bucket{le="0.25"} 2
                h_seconds_bucket{le="1"} 4
                h_seconds_bucket{le="+Inf"} 5
                h_seconds_sum 6.875
                h_seconds_count 5

                """)
        #expect(histogram.count == 5)
    }
}

/// The time in HTTP's form; the first is RFC 9110's own example.
@Test(arguments: [
    (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
    (1_709_164_799, "Wed, 28 Feb 2024 23:59:59 GMT"), (1_709_164_800, "Thu, 29 Feb 2024 00:00:00 GMT"),
])
func httpDate(time: Int, text: String) {
    #expect(HTTPDate.text(time) == text)
}
