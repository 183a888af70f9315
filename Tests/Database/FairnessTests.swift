import LibPQ
import TestSupport
import Testing

@testable import Giftbridge

extension DatabaseTests {
    /// What shops get of a worker's slots and of an allowance: `Rota` deals the slots out, the database gives.
    struct FairnessTests {
        /// A worker's loop without its clock: look, claim, and answers to all that was claimed.
        private struct Loop {
            let test: TestQueue
            var rota: Rota
            var served: [String: Int] = [:]

            init(_ test: TestQueue, slots: Int) async throws {
                self.test = test
                rota = Rota(slots: slots)
                // Every shop has a key of its own.
                try await test.heartbeat()
                try await test.tell(
                    test.column("SELECT name FROM giftbridge.shops").reduce(into: [:]) { $0[$1] = $1 })
            }

            /// One claim, and the answers to it.
            ///
            /// - Returns: The orders of each shop.
            @discardableResult
            mutating func turn(isAnswered: Bool = true) async throws -> [String: Int] {
                let now = ContinuousClock.now
                let seen = try await test.queue.look(.far).compactMap { seen in
                    seen.lane.map { Rota.Waiting(lane: $0, allowance: seen.allowance, readyAt: now + seen.wait) }
                }
                rota.saw(seen, isComplete: true, at: now)
                let portions = rota.deal(at: now)
                guard !portions.isEmpty else { return [:] }
                let orders = try await test.claim(portions, slots: rota.dealt)
                let lanes = orders.reduce(into: [Lane: Int]()) { $0[$1.lane, default: 0] += 1 }
                _ = rota.claimed(lanes, of: portions, slots: rota.dealt, at: now)
                if isAnswered {
                    _ = try await test.settle(orders.map { .sold($0) })
                    for order in orders { rota.ended(order.lane, isAnswer: true, at: now) }
                }
                let turn = orders.reduce(into: [String: Int]()) { $0[$1.shop, default: 0] += 1 }
                served.merge(turn) { $0 + $1 }
                return turn
            }
        }

        private static func difference(_ served: [String: Int]) -> Int {
            abs(served["default", default: 0] - served["second", default: 0])
        }

        /// The bigger backlog and the higher priority of one shop take nothing from the other.
        @Test(arguments: ["NULL", "20"])
        func shopsOfAnAllowanceShareEqually(_ limit: String) async throws {
            let test = try await TestQueue.make(rateLimit: limit)
            try await test.run("UPDATE giftbridge.shops SET rate_group = 'both'")
            try await test.shop("second", ["rate_group": "'both'", "rate_limit": limit])
            try await test.insert(300, ["priority": "9"])
            try await test.insert(100, ["shop": "'second'"])
            var loop = try await Loop(test, slots: 16)
            let first = try await loop.turn()
            #expect(Self.difference(first) <= 2 && first.values.reduce(0, +) >= 16, "\(first)")
        }

        @Test func whatOneShopLeavesGoesToTheNext() async throws {
            let test = try await TestQueue.make(rateLimit: "20")
            try await test.run("UPDATE giftbridge.shops SET rate_group = 'both'")
            try await test.shop("second", ["rate_group": "'both'", "rate_limit": "20"])
            try await test.insert(3)
            try await test.insert(100, ["shop": "'second'"])
            var loop = try await Loop(test, slots: 64)
            for _ in 1...3 { try await loop.turn() }
            #expect(loop.served == ["default": 3, "second": 17])
        }

        /// A busy worker has few free slots at a time.
        @Test(arguments: [1, 2, 3])
        func fewSlotsAreSharedOverShops(_ slots: Int) async throws {
            let test = try await TestQueue.make()
            try await test.run("UPDATE giftbridge.shops SET rate_group = 'both'")
            try await test.shop("second", ["rate_group": "'both'"])
            try await test.insert(100)
            try await test.insert(100, ["shop": "'second'"])
            var loop = try await Loop(test, slots: slots)
            for _ in 1...24 { try await loop.turn() }
            #expect(loop.served.values.reduce(0, +) >= 24)
            #expect(Self.difference(loop.served) <= slots + 2, "\(loop.served)")
        }

        @Test func fewSlotsAreSharedOverAllowances() async throws {
            let test = try await TestQueue.make()
            let shops = ["a", "b", "c", "d", "default"]
            for shop in shops {
                if shop != "default" { try await test.shop(shop) }
                try await test.insert(80, ["shop": "'\(shop)'"])
            }
            var loop = try await Loop(test, slots: 2)
            for _ in 1...40 { try await loop.turn() }
            let served = shops.map { loop.served[$0, default: 0] }
            let mean = served.reduce(0, +) / 5
            #expect(mean >= 8)
            #expect(served.allSatisfy { abs($0 - mean) <= 4 }, "\(served)")
        }

        @Test func allowancesShareTheSlots() async throws {
            let test = try await TestQueue.make()
            try await test.shop("second")
            try await test.insert(100)
            try await test.insert(100, ["shop": "'second'"])
            var loop = try await Loop(test, slots: 32)
            let first = try await loop.turn()
            #expect(Self.difference(first) <= 2 && first.count == 2, "\(first)")
        }

        /// One has used up its allowance: the other goes on as if it were alone.
        @Test func usedUpAllowanceDelaysNoOther() async throws {
            let test = try await TestQueue.make(rateLimit: "1")
            try await test.shop("second")
            try await test.insert(100)
            try await test.insert(100, ["shop": "'second'"])
            var loop = try await Loop(test, slots: 16)
            for _ in 1...20 { try await loop.turn() }
            #expect(loop.served == ["default": 1, "second": 100])
        }

        /// One vendor does not answer: its orders take no more than a part of the slots.
        @Test func silentVendorLeavesSlotsToTheOther() async throws {
            let test = try await TestQueue.make()
            try await test.shop("second")
            try await test.insert(100)
            var loop = try await Loop(test, slots: 16)
            try await test.insert(1, ["shop": "'second'"])
            for _ in 1...5 { try await loop.turn(isAnswered: false) }
            let held = loop.served["default", default: 0]
            try await test.insert(50, ["shop": "'second'"])
            try await loop.turn(isAnswered: false)
            #expect(held > 0 && held <= 16, "\(held)")
            #expect(loop.served["second", default: 0] >= 2, "\(loop.served)")
        }
    }
}
