import TestSupport
import Testing

@testable import SmartGift

/// The pool's promises under any order of events.
@Suite("The vendor pool, at random")
struct VendorPoolChaosTests {
    /// What the world outside the pool knows.
    private struct World {
        var requests: Set<Int> = []
        /// How often each was put on a connection without being told that it was not written.
        var sent: [Int: Int] = [:]
        var deadlines: [Int: ContinuousClock.Instant] = [:]
        var opening: Set<Int> = []
        /// What is on a connection that is there.
        var carried: [Int: Int?] = [:]
        var fresh: Set<Int> = []
        var used: Set<Int> = []
    }

    @Test(
        "A request is sent once at most, in time, on a connection that is free, and ends once",
        arguments: 1...20 as ClosedRange<UInt64>)
    func promises(seed: UInt64) {
        var dice = SplitMix(seed: seed)
        var pool = VendorPool(maximumIdle: 3)
        var world = World()
        var now = ContinuousClock.now
        var ended = (answered: 0, lost: 0, notSent: 0)
        var next = 0

        func take(_ actions: [VendorPool.Action]) {
            for action in actions {
                switch action {
                case .open(let id, _): #expect(world.opening.insert(id.number).inserted)
                case .send(let request, let id):
                    #expect(world.carried[id.number] == .some(nil), "connection \(id.number) is free and there")
                    #expect(world.requests.contains(request.number))
                    if let deadline = world.deadlines[request.number] { #expect(now < deadline) }
                    if world.fresh.contains(request.number) { #expect(!world.used.contains(id.number)) }
                    world.carried[id.number] = request.number
                    world.sent[request.number, default: 0] += 1
                    #expect(world.sent[request.number] == 1)
                    world.used.insert(id.number)
                case .close(let id):
                    world.carried[id.number] = nil
                    world.opening.remove(id.number)
                case .end(let request, let outcome):
                    #expect(world.requests.remove(request.number) != nil, "it ends once")
                    let wasSent = world.sent[request.number] == 1
                    if case .lost = outcome {
                        ended.lost += 1
                        #expect(wasSent)
                    } else {
                        ended.notSent += 1
                        #expect(!wasSent)
                    }
                case .wake: break
                }
            }
        }

        for _ in 0..<3000 {
            now += .milliseconds(Int.random(in: 0...300, using: &dice))
            let opening = world.opening.sorted().randomElement(using: &dice)
            let carried = world.carried.sorted { $0.key < $1.key }.randomElement(using: &dice)
            switch Int.random(in: 0..<12, using: &dice) {
            case 0...3:
                next += 1
                world.requests.insert(next)
                world.deadlines[next] = now + .milliseconds(Int.random(in: 0...5000, using: &dice))
                let isFresh = Int.random(in: 0..<5, using: &dice) == 0
                if isFresh { world.fresh.insert(next) }
                let origin = VendorOrigin(isSecure: false, host: "h", port: Int.random(in: 1...3, using: &dice))
                take(
                    pool.handle(
                        .request(.init(number: next), origin, by: world.deadlines[next] ?? now, prefersFresh: isFresh),
                        at: now))
            case 4, 5:
                guard let opening else { continue }
                world.opening.remove(opening)
                world.carried[opening] = .some(nil)
                take(pool.handle(.connected(.init(number: opening)), at: now))
            case 6:
                guard let opening else { continue }
                world.opening.remove(opening)
                take(pool.handle(.failed(.init(number: opening), .unreachable("r")), at: now))
            case 7, 8:
                guard let carried, let request = carried.value else { continue }
                let id = carried.key
                let isWritten = Bool.random(using: &dice)
                if isWritten { take(pool.handle(.written(.init(number: id)), at: now)) }
                world.carried[id] = .some(nil)
                world.requests.remove(request)
                ended.answered += 1
                let leftOver = Int.random(in: 0..<4, using: &dice) == 0
                let actions = pool.handle(.answered(.init(number: id), keepAlive: .open, leftOver: leftOver), at: now)
                if leftOver || !isWritten {
                    #expect(actions.contains(VendorPool.Action.close(VendorPool.ConnectionID(number: id))))
                }
                take(actions)
            case 9:
                guard let (id, request) = carried.map({ ($0.key, $0.value) }) else { continue }
                world.carried[id] = nil
                if let request, Bool.random(using: &dice) {
                    world.sent[request] = nil
                    take(pool.handle(.unwritten(.init(number: id)), at: now))
                } else {
                    take(pool.handle(.closed(.init(number: id), "r"), at: now))
                }
            case 10:
                if let request = world.requests.sorted().randomElement(using: &dice) {
                    take(pool.handle(.cancel(.init(number: request)), at: now))
                }
            default: take(pool.handle(.time, at: now))
            }
            #expect(pool.size.requests == world.requests.count)
            #expect(pool.size.connections == world.opening.count + world.carried.count)
            #expect(world.carried.values.count { $0 == nil } <= 3)
        }
        take(pool.handle(.shutDown, at: now))
        #expect(world.requests.isEmpty && pool.size == (0, 0, 0))
        #expect(ended.answered > 50 && ended.lost > 50 && ended.notSent > 50, "\(ended)")
    }
}
