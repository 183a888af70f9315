import LibPQ
import TestSupport
import Testing

@testable import Giftbridge

extension DatabaseTests {
    struct FairnessTests {
        /// Orders of each shop that so many claims get together.
        private func served(_ test: TestQueue, slots: Int, claims: Int) async throws -> [String: Int] {
            var served: [String: Int] = [:]
            for _ in 0..<claims {
                for order in try await test.claim(slots) { served[order.shop, default: 0] += 1 }
            }
            return served
        }

        @Test(arguments: ["NULL", "20"])
        func shopsOfAGroupShareEqually(_ limit: String) async throws {
            let test = try await TestQueue.make(rateLimit: limit)
            try await test.shop("second", ["rate_group": "'default'", "rate_limit": limit])
            try await test.insert(300, ["priority": "9"])
            try await test.insert(100, ["shop": "'second'"])
            #expect(try await served(test, slots: 20, claims: 1) == ["default": 10, "second": 10])
        }

        @Test func shopThatCameLateIsServedFirst() async throws {
            let test = try await TestQueue.make(rateLimit: "20")
            try await test.shop("second", ["rate_group": "'default'", "rate_limit": "20"])
            try await test.insert(300)
            #expect(try await served(test, slots: 19, claims: 1) == ["default": 19])
            try await test.insert(10, ["shop": "'second'"])
            #expect(try await served(test, slots: 100, claims: 1) == ["second": 1])
        }

        @Test func whatOneShopLeavesGoesToTheNext() async throws {
            let test = try await TestQueue.make(rateLimit: "20")
            try await test.shop("second", ["rate_group": "'default'", "rate_limit": "20"])
            try await test.insert(3)
            try await test.insert(100, ["shop": "'second'"])
            #expect(try await served(test, slots: 100, claims: 2) == ["default": 3, "second": 17])
        }

        /// A busy worker has one free slot at a time.
        @Test(arguments: [1, 2, 3])
        func fewSlotsAreSharedOverShops(_ slots: Int) async throws {
            let test = try await TestQueue.make()
            try await test.shop("second", ["rate_group": "'default'"])
            try await test.insert(100)
            try await test.insert(100, ["shop": "'second'"])
            let served = try await served(test, slots: slots, claims: 24 / slots)
            #expect(abs(served["default", default: 0] - served["second", default: 0]) <= slots)
        }

        @Test func oneSlotAtATimeIsSharedOverGroups() async throws {
            let test = try await TestQueue.make()
            for shop in ["a", "b", "c", "d"] {
                try await test.shop(shop)
                try await test.insert(40, ["shop": "'\(shop)'"])
            }
            try await test.insert(40)
            let served = try await served(test, slots: 1, claims: 40)
            #expect(served == ["a": 8, "b": 8, "c": 8, "d": 8, "default": 8])
        }

        @Test func groupsShareTheSlots() async throws {
            let test = try await TestQueue.make()
            try await test.shop("second")
            try await test.insert(100)
            try await test.insert(100, ["shop": "'second'"])
            #expect(try await served(test, slots: 30, claims: 1) == ["default": 15, "second": 15])
        }

        @Test func groupWithoutAllowanceHoldsUpNobody() async throws {
            let test = try await TestQueue.make(rateLimit: "1")
            try await test.shop("second")
            try await test.insert(100)
            try await test.insert(100, ["shop": "'second'"])
            #expect(
                try await served(test, slots: 10, claims: 8) == [
                    "default": 1,
                    "second": try await test.int(
                        "SELECT count(*) FROM giftbridge.orders WHERE shop = 'second' AND status = 'submitting'"),
                ])
            #expect(try await test.int("SELECT count(*) FROM giftbridge.orders WHERE status = 'submitting'") >= 40)
        }
    }
}
