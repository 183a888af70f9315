import Testing

@testable import Giftbridge

/// How the slots are dealt out among lanes.
@Suite("Rota")
struct RotaTests {
    static let now = ContinuousClock.now

    static func waiting(_ shop: String, _ number: Int = 0, allowance: String? = nil, in wait: Duration = .zero)
        -> Rota.Waiting
    {
        Rota.Waiting(
            lane: Lane(shop: shop, number: number), allowance: allowance ?? "key \(shop)", readyAt: now + wait)
    }

    static func rota(_ slots: Int, _ lanes: [Rota.Waiting]) -> Rota {
        var rota = Rota(slots: slots)
        rota.saw(lanes, isComplete: true, at: now)
        return rota
    }

    /// Deals, and lets each lane give all that it is asked for.
    static func claim(_ rota: inout Rota, at now: ContinuousClock.Instant = now) -> [Lane: Int] {
        let portions = rota.deal(at: now)
        var left = rota.dealt
        var taken: [Lane: Int] = [:]
        for portion in portions where left > 0 {
            taken[portion.lane] = min(portion.most, left)
            left -= min(portion.most, left)
        }
        _ = rota.claimed(taken, of: portions, slots: rota.dealt, at: now)
        return taken
    }

    @Test("One lane alone has all slots, and no more")
    func alone() {
        var rota = Self.rota(64, [Self.waiting("a")])
        #expect(Self.claim(&rota) == [Lane(shop: "a", number: 0): 64])
        let step1 = rota.deal(at: Self.now)
        #expect(step1.isEmpty)
    }

    @Test("One lane alone claims ahead of its slots what two turns see answered")
    func ahead() {
        let lane = Lane(shop: "a", number: 0)
        var rota = Self.rota(64, [Self.waiting("a")])
        _ = Self.claim(&rota)
        for _ in 1...5 { rota.ended(lane, isAnswer: true, at: Self.now) }
        #expect(Self.claim(&rota) == [lane: 15], "five free slots, and ten ahead")
        // They wait for a slot: so nothing more is claimed, until one is free.
        rota.waiting = 10
        #expect(rota.deal(at: Self.now).isEmpty)
        for _ in 1...5 { rota.ended(lane, isAnswer: true, at: Self.now) }
        rota.waiting = 5
        #expect(Self.claim(&rota) == [lane: 5])
        // One that is not answered: the vendor may take its time from now on.
        rota.waiting = 0
        for _ in 1...20 { rota.ended(lane, isAnswer: true, at: Self.now) }
        rota.ended(lane, isAnswer: false, at: Self.now)
        let free = 64 - rota.inFlight
        #expect(rota.deal(at: Self.now).map(\.most) == [min(free + 40, 64 + 64)])
    }

    @Test("Behind a vendor that takes its time nothing is claimed ahead")
    func slowAnswers() {
        for (took, isAhead) in [(249, true), (250, false)] {
            let lane = Lane(shop: "a", number: 0)
            var rota = Self.rota(64, [Self.waiting("a")])
            _ = Self.claim(&rota)
            for _ in 1...64 { rota.ended(lane, isAnswer: true, took: .milliseconds(took), at: Self.now) }
            #expect(Self.claim(&rota) == [lane: isAhead ? 128 : 64])
        }
    }

    @Test("What waits for a slot keeps nothing from another allowance")
    func aheadIsNoHold() {
        let lane = Lane(shop: "a", number: 0)
        var rota = Self.rota(64, [Self.waiting("a")])
        _ = Self.claim(&rota)
        for _ in 1...64 { rota.ended(lane, isAnswer: true, at: Self.now) }
        #expect(Self.claim(&rota) == [lane: 128])
        rota.waiting = 64
        rota.saw([Self.waiting("a"), Self.waiting("b")], isComplete: true, at: Self.now)
        let claimed = Self.claim(&rota)
        #expect(claimed[lane] == nil && (claimed[Lane(shop: "b", number: 0)] ?? 0) >= 1)
    }

    @Test("A hint that comes while a lane is asked does not ask it twice, whether the claim succeeds or not")
    func hintDuringAClaim() {
        for fails in [false, true] {
            var rota = Self.rota(8, [Self.waiting("a")])
            #expect(Self.claim(&rota) == [Lane(shop: "a", number: 0): 8])
            for _ in 1...8 { rota.ended(Lane(shop: "a", number: 0), isAnswer: true, at: Self.now) }
            let portions = rota.deal(at: Self.now)
            #expect(portions == [Rota.Portion(lane: Lane(shop: "a", number: 0), most: 16)], "as many ahead")
            let isAsked = rota.hinted(at: Self.now)
            #expect(!isAsked, "a look has to follow")
            if fails {
                rota.failed(until: Self.now)
            } else {
                _ = rota.claimed([Lane(shop: "a", number: 0): 8], of: portions, slots: 8, at: Self.now)
            }
            #expect(rota.ready.count + rota.later.count == 1)
            #expect(rota.inFlight == (fails ? 0 : 8))
        }
    }

    @Test("A lane whose time has not come is not asked")
    func later() {
        var rota = Self.rota(8, [Self.waiting("a", in: .seconds(5))])
        let step2 = rota.deal(at: Self.now)
        #expect(step2.isEmpty)
        #expect(rota.nextReady == Self.now + .seconds(5))
        let step3 = rota.deal(at: Self.now + .seconds(5))
        #expect(step3.count == 1)
    }

    @Test("Shops of one allowance share its slots, the higher priority of each first")
    func shops() {
        var rota = Self.rota(
            8, ["a", "b"].flatMap { [Self.waiting($0, 0, allowance: "g"), Self.waiting($0, -5, allowance: "g")] })
        let portions = rota.deal(at: Self.now)
        #expect(portions.map(\.lane.number) == [-5, 0, -5, 0])
        #expect(portions.allSatisfy { $0.most < rota.slots })
    }

    @Test("What is sent again gets half at most while fresh orders wait, and all of it else")
    func again() {
        var rota = Self.rota(8, [Self.waiting("a", 0), Self.waiting("a", Lane.again)])
        let portions = rota.deal(at: Self.now)
        #expect(portions.last == Rota.Portion(lane: Lane(shop: "a", number: Lane.again), most: 4))
        var alone = Self.rota(8, [Self.waiting("a", Lane.again)])
        let step4 = alone.deal(at: Self.now)
        #expect(step4.map(\.most) == [8])
    }

    @Test("A lane that was served goes to the end")
    func turns() {
        var rota = Self.rota(1, ["a", "b", "c"].map { Self.waiting($0, allowance: "g") })
        var served: [String] = []
        for _ in 1...6 {
            guard let lane = Self.claim(&rota).keys.first else { break }
            served.append(lane.shop)
            // As if put back: so nothing is claimed ahead.
            rota.ended("g", isAnswer: false, at: Self.now)
        }
        #expect(served == ["a", "b", "c", "a", "b", "c"])
    }

    @Test("Two allowances whose vendors hang leave room for a third, again and again")
    func hangingVendors() {
        var rota = Self.rota(64, [Self.waiting("sick"), Self.waiting("ill")])
        // Both take what they may, and answer nothing for half a minute.
        for second in 0..<30 { _ = Self.claim(&rota, at: Self.now + .seconds(second)) }
        rota.saw([Self.waiting("sick"), Self.waiting("ill"), Self.waiting("well")], isComplete: true, at: Self.now)
        for _ in 1...5 {
            let taken = Self.claim(&rota, at: Self.now + .seconds(30))
            let well = taken[Lane(shop: "well", number: 0)] ?? 0
            #expect(well > 0, "\(rota.inFlight) in flight")
            for _ in 0..<well { rota.ended("key well", isAnswer: true, at: Self.now + .seconds(30)) }
        }
    }

    @Test("One that took all slots while it was alone, and hangs then, leaves the reserve to others")
    func reserve() {
        var rota = Self.rota(64, [Self.waiting("sick")])
        #expect(Self.claim(&rota).values.reduce(0, +) == 64)
        rota.saw([Self.waiting("sick"), Self.waiting("well")], isComplete: true, at: Self.now)
        let taken = Self.claim(&rota, at: Self.now + .seconds(3))
        #expect(taken.keys.map(\.shop) == ["well"])
    }

    @Test("An allowance that answers gets more and more of the slots beside others")
    func windows() {
        var rota = Self.rota(64, [Self.waiting("a"), Self.waiting("b", in: .seconds(60))])
        rota.saw([Self.waiting("a"), Self.waiting("b")], isComplete: true, at: Self.now)
        var most = 0
        for _ in 1...20 {
            let taken = Self.claim(&rota)
            most = max(most, taken[Lane(shop: "a", number: 0)] ?? 0)
            for (lane, count) in taken {
                for _ in 0..<count { rota.ended("key \(lane.shop)", isAnswer: true, at: Self.now) }
            }
        }
        #expect(most > 16)
        #expect(rota.inFlight == 0)
    }

    @Test("A lane that gave less is not asked again before a look; a hint asks those that gave before")
    func short() {
        var rota = Self.rota(8, [Self.waiting("a")])
        let portions = rota.deal(at: Self.now)
        let step5 = rota.claimed([Lane(shop: "a", number: 0): 1], of: portions, slots: 8, at: Self.now)
        #expect(step5)
        #expect(rota.isEmpty)
        let step6 = rota.hinted(at: Self.now)
        #expect(step6)
        let step7 = rota.deal(at: Self.now)
        #expect(step7.map(\.lane.shop) == ["a"])
    }

    @Test("A claim that failed lets its lanes rest")
    func failed() {
        var rota = Self.rota(8, [Self.waiting("a")])
        _ = rota.deal(at: Self.now)
        rota.failed(until: Self.now + .seconds(1))
        let step8 = rota.deal(at: Self.now)
        #expect(step8.isEmpty)
        let step9 = rota.deal(at: Self.now + .seconds(1))
        #expect(step9.count == 1)
    }

    @Test("Of ten thousand lanes a claim asks a bounded number, and all have their turn")
    func many() {
        var rota = Self.rota(256, (0..<10_000).map { Self.waiting("\($0)") })
        var served: Set<String> = []
        for _ in 1...200 where served.count < 10_000 {
            let portions = rota.deal(at: Self.now)
            #expect(portions.count <= 256)
            _ = rota.claimed(
                Dictionary(uniqueKeysWithValues: portions.map { ($0.lane, $0.most) }), of: portions, slots: 1000,
                at: Self.now)
            for portion in portions {
                served.insert(portion.lane.shop)
                for _ in 0..<portion.most { rota.ended("key \(portion.lane.shop)", isAnswer: true, at: Self.now) }
            }
        }
        #expect(served.count == 10_000)
    }
}

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
