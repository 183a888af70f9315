import Testing

@testable import Giftbridge

/// Results that are not yet in the database.
@Suite("Backlog")
struct BacklogTests {
    static let now = ContinuousClock.now
    struct NoBatch: Error {}

    static func results(_ count: Int) -> [Settlement] {
        (1...count).map {
            Settlement(
                token: "\($0)", orderID: $0, lane: Lane(shop: "a", number: 0), outcome: .completed, status: .completed,
                journalError: "words", response: "words")
        }
    }

    @Test("A batch stays until it is written, and is never more than 500")
    func batches() throws {
        var backlog = Backlog()
        backlog.add(Self.results(700))
        #expect(backlog.count == 700 && backlog.ready(at: Self.now) == 700)
        guard let batch = backlog.batch(at: Self.now) else { throw NoBatch() }
        let step1 = backlog.batch(at: Self.now)
        #expect(batch.results.count == 500 && step1 == batch && backlog.count == 700)
        let step2 = backlog.wrote(batch, [], at: Self.now)
        #expect(step2.count == 500)
        #expect(backlog.count == 200)
    }

    @Test(
        "A refused batch is halved until the one that is refused stands alone; the others are written, that one is kept"
    )
    func bisects() throws {
        var backlog = Backlog()
        backlog.add(Self.results(64))
        var written: Set<Int> = []
        var refused: [Int] = []
        var tries = 0
        while let batch = backlog.batch(at: Self.now) {
            tries += 1
            if batch.results.contains(where: { $0.orderID == 37 }) {
                if let result = backlog.refused(batch, at: Self.now) { refused.append(result.orderID) }
            } else {
                written.formUnion(backlog.wrote(batch, [], at: Self.now).map { $0.0.orderID })
            }
        }
        #expect(written == Set(1...64).subtracting([37]) && refused == [37] && tries <= 15)
        // Later again, without the vendor's words, for as long as it takes; said once.
        var at = Self.now
        for _ in 1...20 {
            at = try #require(backlog.nextAt)
            guard let batch = backlog.batch(at: at) else { throw NoBatch() }
            #expect(
                batch.results.map(\.orderID) == [37] && batch.results[0].response == nil
                    && batch.results[0].journalError == nil)
            let step3 = backlog.refused(batch, at: at)
            #expect(step3 == nil && backlog.count == 1)
        }
        #expect(try #require(backlog.nextAt) - at == .seconds(30))
        guard let batch = backlog.batch(at: at + .seconds(30)) else { throw NoBatch() }
        let step4 = backlog.wrote(batch, [], at: at)
        #expect(step4.map(\.0.orderID) == [37] && backlog.isEmpty)
    }

    @Test("Where another session holds a lock, the same is tried without what is locked, and that later")
    func busy() throws {
        var backlog = Backlog()
        backlog.add(Self.results(3))
        guard let batch = backlog.batch(at: Self.now) else { throw NoBatch() }
        backlog.wasBusy(batch, at: Self.now)
        guard let careful = backlog.batch(at: Self.now) else { throw NoBatch() }
        #expect(careful.skipsLocked && careful.results.count == 3)
        backlog.wasBusy(careful, at: Self.now)
        #expect(backlog.ready(at: Self.now) == 0 && backlog.count == 3)
        #expect(backlog.ready(at: Self.now + .milliseconds(100)) == 3)
    }
}
