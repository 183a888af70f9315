import Testing

@testable import Giftbridge

/// How many orders are claimed ahead.
@Suite("Prefetch")
struct PrefetchTests {
    struct Turn: CustomTestStringConvertible {
        var from = 0
        var answers = 0
        var putBack = 0
        var isBehind = false
        let count: Int

        var testDescription: String { "\(from), \(answers) answers, \(putBack) back, behind: \(isBehind)" }
    }

    @Test(
        "Up at once where the loop is behind, down slowly, to none where a turn did not come",
        arguments: [
            Turn(answers: 10, isBehind: true, count: 80),
            Turn(answers: 1, isBehind: true, count: 8),
            Turn(answers: 10, count: 0),
            Turn(answers: 0, isBehind: true, count: 0),
            Turn(answers: 13, isBehind: true, count: 100),
            Turn(from: 64, answers: 1, isBehind: true, count: 60),
            Turn(from: 64, answers: 9, isBehind: true, count: 72),
            Turn(from: 64, answers: 40, count: 60),
            Turn(from: 64, answers: 40, putBack: 1, isBehind: true, count: 0),
            Turn(from: 2, count: 1),
        ])
    func turn(_ turn: Turn) {
        var prefetch = Prefetch(limit: 100, count: turn.from)
        prefetch.turned(answers: turn.answers, putBack: turn.putBack, isBehind: turn.isBehind)
        #expect(prefetch.count == turn.count)
    }

    @Test(
        "Nothing is gained beside an answer that took long",
        arguments: [(0, true), (250, true), (251, false), (5000, false)])
    func soon(milliseconds: Int, isSoon: Bool) {
        #expect(Prefetch.isSoon(.milliseconds(milliseconds)) == isSoon)
        #expect(!Prefetch.isSoon(nil), "not sent")
    }

    @Test("It ends at none in a bounded number of turns")
    func decay() {
        var prefetch = Prefetch(limit: 10_000, count: 10_000)
        var turns = 0
        while prefetch.count > 0, turns < 1000 {
            prefetch.turned(answers: 1, putBack: 0, isBehind: false)
            turns += 1
        }
        #expect(prefetch.count == 0 && turns > 16, "\(turns) turns")
    }
}
