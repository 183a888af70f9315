import Testing

@testable import StatusServer

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
