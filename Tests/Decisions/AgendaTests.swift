import TestSupport
import Testing

@testable import Giftbridge

/// What the worker's loop does next.
@Suite("Agenda")
struct AgendaTests {
    static let now = ContinuousClock.now
    static let lane = Lane(shop: "a", number: 0)

    static func agenda(connected: Bool = true, pauses: [Duration] = []) -> Agenda {
        var agenda = Agenda(
            slots: 8, heartbeat: .seconds(10), pollInterval: .seconds(30), pauses: pauses, at: now)
        if connected { agenda.connected(at: now) }
        return agenda
    }

    /// Takes the first turn after connecting: all is said, nothing waits.
    static func idle(_ lanes: [Rota.Waiting] = [], pauses: [Duration] = []) -> Agenda {
        var agenda = agenda(pauses: pauses)
        agenda.rescued(at: now)
        _ = agenda.next(at: now)
        agenda.beat(at: now)
        agenda.rescued(at: now)
        _ = agenda.next(at: now)
        agenda.saw([], isComplete: true, by: .near, rescueAt: nil, at: now)
        let step = agenda.next(at: now)
        #expect(step == .turn(.init(idles: true, looks: .near)), "it says so, and looks once more")
        agenda.saw(lanes, isComplete: true, by: .near, rescueAt: nil, at: now)
        return agenda
    }

    static func waiting(in wait: Duration = .zero) -> Rota.Waiting {
        Rota.Waiting(lane: lane, allowance: "key a", readyAt: now + wait)
    }

    @Test("It connects first, and waits for its time where that failed")
    func connect() {
        var agenda = Self.agenda(connected: false)
        let step1 = agenda.next(at: Self.now)
        #expect(step1 == .connect)
        agenda.lost(until: Self.now + .seconds(2))
        let step2 = agenda.next(at: Self.now)
        #expect(step2 == .wait(until: Self.now + .seconds(2)))
        let step3 = agenda.next(at: Self.now + .seconds(2))
        #expect(step3 == .connect)
    }

    @Test("The first turn says that it runs, rescues and looks")
    func firstTurn() {
        var agenda = Self.agenda()
        let step4 = agenda.next(at: Self.now)
        #expect(step4 == .turn(.init(beats: true, rescues: true, looks: .near)))
    }

    @Test("Idle it waits for the next beat, and polls")
    func idling() {
        var agenda = Self.idle()
        let step5 = agenda.next(at: Self.now)
        #expect(step5 == .wait(until: Self.now + .seconds(10)))
        let step6 = agenda.next(at: Self.now + .seconds(10))
        #expect(step6 == .turn(.init(beats: true, idles: true)), "it says so again: the table is not durable")
        agenda.beat(at: Self.now + .seconds(25))
        let step7 = agenda.next(at: Self.now + .seconds(30))
        #expect(step7 == .turn(.init(rescues: true, looks: .near)))
    }

    @Test("It wakes for what will be due, for a lease that ends, and for a result that the database did not take")
    func deadlines() {
        var agenda = Self.idle([Self.waiting(in: .seconds(3))])
        let step8 = agenda.next(at: Self.now)
        #expect(step8 == .wait(until: Self.now + .seconds(3)))
        agenda.saw([], isComplete: true, by: .near, rescueAt: Self.now + .seconds(2), at: Self.now)
        let step9 = agenda.next(at: Self.now)
        #expect(step9 == .wait(until: Self.now + .seconds(2)))
        let step10 = agenda.next(at: Self.now + .seconds(2))
        #expect(step10 == .turn(.init(rescues: true)))
        agenda.rescued(at: Self.now)
        agenda.has(unwritten: 0, again: Self.now + .seconds(1), held: 0)
        let step11 = agenda.next(at: Self.now)
        #expect(step11 == .wait(until: Self.now + .milliseconds(20)), "a look follows a rescue")
        let step11b = agenda.next(at: Self.now + .milliseconds(20))
        #expect(step11b == .turn(.init(looks: .near)))
        let step11c = agenda.next(at: Self.now + .milliseconds(20))
        #expect(step11c == .wait(until: Self.now + .seconds(1)))
    }

    @Test("Results are written at once, and what waits is claimed with them")
    func settlesAndClaims() {
        var agenda = Self.idle([Self.waiting()])
        agenda.has(unwritten: 3, again: nil, held: 0)
        let step12 = agenda.next(at: Self.now)
        #expect(
            step12 == .turn(.init(settles: true, claim: [Rota.Portion(lane: Self.lane, most: 8)])))
    }

    @Test("Results whose turn failed with a claim are written alone, also while other lanes wait")
    func claimThatFails() {
        let lanes = ["a", "b"].map {
            Rota.Waiting(lane: Lane(shop: $0, number: 0), allowance: "key \($0)", readyAt: Self.now)
        }
        var agenda = Self.idle([lanes[0]])
        agenda.has(unwritten: 2, again: nil, held: 0)
        let both = agenda.next(at: Self.now)
        guard case .turn(let turn) = both else { return #expect(Bool(false), "\(both)") }
        #expect(turn.settles && turn.claim.map(\.lane.shop) == ["a"])
        agenda.saw([lanes[1]], isComplete: true, by: .near, rescueAt: nil, at: Self.now)
        agenda.claimFailed(at: Self.now)
        let alone = agenda.next(at: Self.now)
        #expect(alone == .turn(.init(settles: true)), "lane b waits")
        agenda.has(unwritten: 0, again: nil, held: 0)
        let claim = agenda.next(at: Self.now)
        guard case .turn(let turn) = claim else { return #expect(Bool(false), "\(claim)") }
        #expect(!turn.settles && turn.claim.map(\.lane.shop) == ["b"])
    }

    @Test("After a claim that took less than there might be it looks; after a full one it does not")
    func looksAfterAShortClaim() {
        for (count, expected) in [(8, Agenda.Look?.none), (3, .near)] {
            var agenda = Self.idle([Self.waiting()])
            guard case .turn(let turn) = agenda.next(at: Self.now) else {
                Issue.record("no claim")
                return
            }
            agenda.claimed([Self.lane: count], of: turn.claim, slots: 10, at: Self.now)
            agenda.has(unwritten: 0, again: nil, held: count)
            let next = agenda.next(at: Self.now)
            if let expected {
                #expect(next == .turn(.init(looks: expected)))
            } else {
                #expect(next == .wait(until: Self.now + .seconds(10)))
            }
        }
    }

    @Test("A hint claims from the lanes that gave before, without a look; else it looks")
    func hint() {
        var agenda = Self.idle()
        agenda.hinted(at: Self.now + .seconds(1))
        let step13 = agenda.next(at: Self.now + .seconds(1))
        #expect(step13 == .turn(.init(looks: .near)))

        agenda = Self.idle([Self.waiting()])
        guard case .turn(let turn) = agenda.next(at: Self.now) else { return }
        agenda.claimed([Self.lane: 1], of: turn.claim, slots: 10, at: Self.now)
        agenda.saw([], isComplete: true, by: .near, rescueAt: nil, at: Self.now)
        _ = agenda.next(at: Self.now)  // It is idle, and looks once more.
        agenda.saw([], isComplete: true, by: .near, rescueAt: nil, at: Self.now)
        agenda.rota.ended("key a", isAnswer: false, at: Self.now)
        agenda.hinted(at: Self.now + .seconds(1))
        let step14 = agenda.next(at: Self.now + .seconds(1))
        #expect(
            step14 == .turn(.init(claim: [Rota.Portion(lane: Self.lane, most: 8)])))
    }

    @Test("Once it is idle it looks a few times more, as a commit under way gave no hint; then it waits for hints")
    func furtherLooks() {
        let pauses = [5, 50, 250, 1000]
        var agenda = Self.idle(pauses: pauses.map { .milliseconds($0) })
        var at = Self.now
        for pause in pauses {
            let wait = agenda.next(at: at)
            #expect(wait == .wait(until: at + .milliseconds(pause)))
            at += .milliseconds(pause)
            let look = agenda.next(at: at)
            #expect(look == .turn(.init(looks: .near)))
            agenda.saw([], isComplete: true, by: .near, rescueAt: nil, at: at)
        }
        let last = agenda.next(at: at)
        #expect(last == .wait(until: Self.now + .seconds(10)), "the next heartbeat")
    }

    @Test("Hints without end are told to stop: it looks every few milliseconds, and then waits for hints again")
    func hintsWithoutEnd() {
        for count in [7, 8] {
            var agenda = Self.idle()
            for _ in 1...count { agenda.hinted(at: Self.now) }
            var at = Self.now
            var idles: [Bool] = []
            var looks = 0
            while at < Self.now + .milliseconds(200) {
                switch agenda.next(at: at) {
                case .turn(let turn):
                    if let isIdle = turn.idles { idles.append(isIdle) }
                    if turn.looks != nil {
                        looks += 1
                        agenda.saw([], isComplete: true, by: .near, rescueAt: nil, at: at)
                    }
                case .wait(let until): at = until
                default: Issue.record("neither a turn nor a wait")
                }
            }
            #expect(idles == (count < 8 ? [] : [false, true]))
            #expect(count < 8 ? looks == 1 : looks >= 10)
        }
    }

    @Test("While claims go on without a pause, a look comes all the same")
    func looksBesideClaims() {
        var agenda = Self.idle([Self.waiting()])
        var looks = 0
        for millisecond in 0..<1000 {
            let at = Self.now + .milliseconds(millisecond)
            guard case .turn(let turn) = agenda.next(at: at) else { continue }
            if let portion = turn.claim.first {
                agenda.claimed([Self.lane: portion.most], of: turn.claim, slots: portion.most, at: at)
                for _ in 0..<portion.most { agenda.rota.ended(Self.lane, isAnswer: true, at: at) }
            }
            if millisecond.isMultiple(of: 10) { agenda.hinted(at: at) }
            if turn.looks != nil {
                looks += 1
                agenda.saw([Self.waiting()], isComplete: true, by: .near, rescueAt: nil, at: at)
            }
        }
        #expect(looks >= 5)
    }

    @Test("A hint that comes while it looks is not lost, though the look has not seen its order")
    func hintDuringALook() {
        var agenda = Self.idle([Self.waiting()])
        guard case .turn(let turn) = agenda.next(at: Self.now) else { return }
        agenda.claimed([Self.lane: 1], of: turn.claim, slots: 10, at: Self.now)
        let look = agenda.next(at: Self.now)
        #expect(look == .turn(.init(looks: .near)))
        agenda.hinted(at: Self.now)
        agenda.saw([], isComplete: true, by: .near, rescueAt: nil, at: Self.now)
        let again = agenda.next(at: Self.now + .milliseconds(20))
        #expect(again == .turn(.init(looks: .near)))
    }

    @Test("Claims that find nothing of what is due come less and less often")
    func vainClaims() {
        var agenda = Self.idle([Self.waiting()])
        var at = Self.now
        var pauses: [Duration] = []
        for _ in 1...12 {
            guard case .turn(let turn) = agenda.next(at: at) else {
                Issue.record("no claim")
                return
            }
            agenda.claimed([:], of: turn.claim, slots: 10, at: at)
            let look = agenda.next(at: at)
            #expect(look == .turn(.init(looks: .near)))
            agenda.saw(
                [Rota.Waiting(lane: Self.lane, allowance: "key a", readyAt: at)], isComplete: true, by: .near,
                rescueAt: nil, at: at)
            agenda.beat(at: at)
            guard case .wait(let until) = agenda.next(at: at) else {
                Issue.record("no pause")
                return
            }
            pauses.append(until - at)
            at = until
        }
        #expect(pauses.first == .milliseconds(5) && pauses.last == .seconds(1))
        #expect(zip(pauses, pauses.dropFirst()).allSatisfy { $0 <= $1 })
    }

    @Test("With many lanes it looks at all of them, once a second")
    func manyLanes() {
        var agenda = Self.idle()
        let lanes = (0..<100).map {
            Rota.Waiting(lane: Lane(shop: "\($0)", number: 0), allowance: "g", readyAt: Self.now + .seconds(60))
        }
        agenda.saw(Array(lanes.prefix(32)), isComplete: false, by: .near, rescueAt: nil, at: Self.now)
        let step15 = agenda.next(at: Self.now)
        #expect(step15 == .turn(.init(looks: .far)))
        agenda.saw(lanes, isComplete: true, by: .far, rescueAt: nil, at: Self.now)
        let step16 = agenda.next(at: Self.now)
        #expect(step16 == .wait(until: Self.now + .seconds(1)))
        let step17 = agenda.next(at: Self.now + .seconds(1))
        #expect(step17 == .turn(.init(looks: .far)))
    }

    @Test("With many lanes a hint waits for the look at all of them, unless none is left")
    func hintsWithManyLanes() {
        let lanes = (0..<100).map {
            Rota.Waiting(lane: Lane(shop: "\($0)", number: 0), allowance: "g", readyAt: Self.now + .seconds(60))
        }
        var agenda = Self.idle()
        agenda.saw(lanes, isComplete: true, by: .far, rescueAt: nil, at: Self.now)
        agenda.hinted(at: Self.now)
        let step = agenda.next(at: Self.now + .milliseconds(20))
        #expect(step == .wait(until: Self.now + .seconds(1)), "it does not spin until then")
        let look = agenda.next(at: Self.now + .seconds(1))
        #expect(look == .turn(.init(looks: .far)))
        agenda.saw([Self.waiting()] + lanes, isComplete: true, by: .far, rescueAt: nil, at: Self.now + .seconds(1))
        guard case .turn(let turn) = agenda.next(at: Self.now + .seconds(1)) else { return }
        agenda.rota.saw([], isComplete: true, at: Self.now + .seconds(1))
        agenda.claimed([Self.lane: 1], of: turn.claim, slots: 8, at: Self.now + .seconds(1))
        let atOnce = agenda.next(at: Self.now + .seconds(1))
        #expect(atOnce == .turn(.init(looks: .near)), "nothing is known to wait any more")
    }

    @Test("Whatever happens in whatever order, it never waits for a time that is over", arguments: 1...20)
    func neverSpins(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        var agenda = Agenda(slots: 8, heartbeat: .seconds(10), pollInterval: .seconds(30), at: Self.now)
        var at = Self.now
        var waits = 0
        agenda.connected(at: at)
        for _ in 0..<3000 {
            at += .milliseconds(Int.random(in: 0...30, using: &random))
            switch Int.random(in: 0...5, using: &random) {
            case 0: agenda.hinted(at: at)
            case 1: agenda.putBack(at: at)
            case 2: agenda.wrote(at: at)
            case 3: agenda.changed(at: at)
            default: break
            }
            switch agenda.next(at: at) {
            case .wait(let until):
                waits += 1
                try #require(until > at, "seed \(seed)")
                if Bool.random(using: &random) { at = until }
            case .turn(let turn):
                if turn.beats { agenda.beat(at: at) }
                if turn.rescues { agenda.rescued(at: at) }
                if !turn.claim.isEmpty {
                    let taken = turn.claim.reduce(into: [Lane: Int]()) {
                        $0[$1.lane] = Int.random(in: 0...1, using: &random)
                    }
                    agenda.claimed(taken, of: turn.claim, slots: agenda.rota.dealt, at: at)
                    for lane in turn.claim.map(\.lane) where taken[lane] == 1 {
                        agenda.rota.ended(lane, isAnswer: true, at: at)
                    }
                }
                if let looks = turn.looks {
                    let count = Int.random(in: 0...3, using: &random) * 25
                    let lanes = (0..<count).map {
                        Rota.Waiting(
                            lane: Lane(shop: "\($0)", number: 0), allowance: "g \($0 % 3)",
                            readyAt: at + .milliseconds(Int.random(in: -50...5000, using: &random)))
                    }
                    agenda.saw(
                        Array(lanes.prefix(looks.rawValue)), isComplete: lanes.count < looks.rawValue, by: looks,
                        rescueAt: nil, at: at)
                }
            case .connect, .stop: Issue.record("neither a turn nor a wait")
            }
        }
        #expect(waits > 100)
    }

    @Test("A step that the database refuses lets it rest")
    func stumbled() {
        var agenda = Self.agenda()
        agenda.stumbled(until: Self.now + .seconds(1))
        let step18 = agenda.next(at: Self.now)
        #expect(step18 == .wait(until: Self.now + .seconds(1)))
        guard case .turn = agenda.next(at: Self.now + .seconds(1)) else {
            Issue.record("no turn")
            return
        }
    }

    @Test("A drain claims nothing more, writes what comes, and ends when all is written or its time is over")
    func drain() {
        var agenda = Self.idle([Self.waiting()])
        agenda.drain(until: Self.now + .seconds(45), at: Self.now)
        agenda.has(unwritten: 0, again: nil, held: 2)
        let step19 = agenda.next(at: Self.now)
        #expect(step19 == .turn(.init(beats: true)))
        agenda.beat(at: Self.now)
        let step20 = agenda.next(at: Self.now)
        #expect(step20 == .wait(until: Self.now + .seconds(10)))
        agenda.has(unwritten: 2, again: nil, held: 0)
        let step21 = agenda.next(at: Self.now)
        #expect(step21 == .turn(.init(settles: true)))
        agenda.has(unwritten: 0, again: nil, held: 0)
        let step22 = agenda.next(at: Self.now)
        #expect(step22 == .stop)
        agenda.has(unwritten: 0, again: Self.now + .seconds(60), held: 0)
        let step23 = agenda.next(at: Self.now + .seconds(45))
        #expect(step23 == .stop)
    }

    @Test("A drain without a database waits for it no longer than it may")
    func drainWithoutADatabase() {
        var agenda = Self.agenda(connected: false)
        agenda.lost(until: Self.now + .seconds(60))
        agenda.has(unwritten: 1, again: nil, held: 0)
        agenda.drain(until: Self.now + .seconds(45), at: Self.now)
        let step24 = agenda.next(at: Self.now)
        #expect(step24 == .wait(until: Self.now + .seconds(45)))
        let step25 = agenda.next(at: Self.now + .seconds(45))
        #expect(step25 == .stop)
    }
}
