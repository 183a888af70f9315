import LibPQ
import TestSupport
import Testing

@testable import Giftbridge

extension DatabaseTests {
    struct SetupFaultTests {
        private static let state = """
            SELECT concat_ws(' ', paused, setup_faults, round(extract(epoch FROM paused_until - clock_timestamp())), pause_reason)
            FROM giftbridge.shops WHERE name = 'default'
            """

        private func fault(of order: ClaimedOrder) -> Settlement {
            var settlement = Settlement(of: order, .retry, .pending, error: "401", dueIn: .zero)
            settlement.counts = false
            settlement.consequence = .setupFault("The key is wrong.")
            return settlement
        }

        private func probe(_ test: TestQueue) async throws -> [ClaimedOrder] {
            try await test.run("UPDATE giftbridge.shops SET paused_until = now() WHERE name = 'default'")
            return try await test.claim()
        }

        @Test func severalRequestsInTheAirAreOneFault() async throws {
            let test = try await TestQueue.make()
            try await test.insert(5)
            let orders = try await test.claim()
            #expect(orders.count == 5)
            for order in orders.prefix(3) { try await test.settle(fault(of: order)) }
            _ = try await test.queue.settle(orders.suffix(2).map { fault(of: $0) })
            #expect(try await test.value(Self.state) == "t 1 15 The key is wrong.")
            #expect(
                try await test.column("SELECT DISTINCT concat_ws(' ', status, attempts) FROM giftbridge.orders") == [
                    "pending 0"
                ])
            #expect(try await test.claim().isEmpty)
        }

        @Test func probeIsOneOrderAndItsDelayDoubles() async throws {
            let test = try await TestQueue.make()
            try await test.insert(5)
            for order in try await test.claim(1) { try await test.settle(fault(of: order)) }
            for (faults, delay) in zip(2..., [30, 60, 120, 240, 480, 900, 900]) {
                let orders = try await probe(test)
                try #require(orders.count == 1)
                // One at a time, also while it is on its way.
                #expect(try await test.other().claim().isEmpty)
                try await test.settle(fault(of: orders[0]))
                #expect(try await test.value(Self.state) == "t \(faults) \(delay) The key is wrong.")
            }
        }

        @Test func probeWithoutAnAnswerIsFollowedByAnother() async throws {
            let test = try await TestQueue.make()
            try await test.insert(5)
            for order in try await test.claim(1) { try await test.settle(fault(of: order)) }
            let orders = try await probe(test)
            try await test.settle(Settlement(of: orders[0], .inDoubt, .inDoubt, error: "Lost."))
            // After the lease of 120 s.
            #expect(try await test.value(Self.state) == "t 1 120 The key is wrong.")
            #expect(try await probe(test).count == 1)
        }

        @Test func orderThatGetsThroughMendsTheShop() async throws {
            let test = try await TestQueue.make()
            try await test.insert(5)
            for order in try await test.claim(1) { try await test.settle(fault(of: order)) }
            var sold = Settlement.sold(try #require(try await probe(test).first))
            sold.httpStatus = 200
            let notified = try await test.notifications(on: "giftbridge_orders") { try await test.settle(sold) }
            #expect(notified.count == 1)
            #expect(try await test.value(Self.state) == "f 0")
            let orders = try await test.claim()
            #expect(orders.count == 4)
            // The next fault is a first one again.
            try await test.settle(fault(of: orders[0]))
            #expect(try await test.value(Self.state) == "t 1 15 The key is wrong.")
        }

        @Test func pauseOfAPersonStays() async throws {
            let test = try await TestQueue.make()
            try await test.insert(5)
            let orders = try await test.claim(2)
            try await test.run("SELECT giftbridge.pause('default', 'stocktaking')")
            try await test.settle(fault(of: orders[0]))
            #expect(try await test.value(Self.state) == "t 0 stocktaking")
            var sold = Settlement.sold(orders[1])
            sold.httpStatus = 200
            try await test.settle(sold)
            #expect(try await test.value(Self.state) == "t 0 stocktaking")
        }

        @Test func personTakesOverThePauseOfAFault() async throws {
            let test = try await TestQueue.make()
            try await test.insert(5)
            for order in try await test.claim(1) { try await test.settle(fault(of: order)) }
            try await test.run("SELECT giftbridge.pause('default', 'new key on Monday')")
            #expect(try await test.value(Self.state) == "t 1 new key on Monday")
            #expect(try await test.queue.nextDue() == nil)
            try await test.run("SELECT giftbridge.resume('default')")
            #expect(try await test.value(Self.state) == "f 0")
            #expect(try await test.claim().count == 5)
        }

        @Test func otherShopsGoOn() async throws {
            let test = try await TestQueue.make()
            try await test.shop("second", ["rate_group": "'default'"])
            try await test.insert(2)
            for order in try await test.claim() { try await test.settle(fault(of: order)) }
            try await test.insert(3, ["shop": "'second'"])
            #expect(try await test.claim().map(\.shop) == ["second", "second", "second"])
        }
    }
}
