import LibPQ
import TestSupport
import Testing

@testable import Giftbridge

extension DatabaseTests {
    /// Answers that say that the set-up is wrong, and addresses that cannot be reached.
    struct SetupFaultTests {
        private static let state = """
            SELECT concat_ws(' ', account, faults, round(extract(epoch FROM probe_at - clock_timestamp())), reason) FROM giftbridge.set_aside
            """

        private func fault(of order: ClaimedOrder) -> Settlement {
            var result = Settlement(of: order, .retry, .pending, error: "The key is wrong.", dueIn: .zero)
            (result.counts, result.httpStatus, result.effect) = (false, 401, .setup)
            return result
        }

        private func unreachable(_ order: ClaimedOrder) -> Settlement {
            var result = Settlement(of: order, .retry, .pending, error: "No route.", dueIn: .seconds(300))
            (result.counts, result.effect) = (false, .unreachable(.seconds(10)))
            return result
        }

        private func probe(_ test: TestQueue) async throws -> [ClaimedOrder] {
            try await test.run("UPDATE giftbridge.set_aside SET probe_at = now()")
            return try await test.claim()
        }

        @Test func severalRequestsInFlightAreOneFault() async throws {
            let test = try await TestQueue.make()
            try await test.insert(5)
            let orders = try await test.claim()
            #expect(orders.count == 5)
            for order in orders.prefix(3) { try await test.settle(fault(of: order)) }
            try await test.settle(orders.suffix(2).map { fault(of: $0) })
            #expect(try await test.value(Self.state) == "0000000a@vendor 1 1 The key is wrong.")
            #expect(
                try await test.column("SELECT DISTINCT concat_ws(' ', status, attempts) FROM giftbridge.orders") == [
                    "pending 0"
                ])
            #expect(try await test.claim().isEmpty)
            #expect(
                try await test.value("SELECT concat_ws(' ', paused, pause_reason) FROM giftbridge.queue")
                    == "t The key is wrong.")
            #expect(try await test.value("SELECT paused FROM giftbridge.shops") == "f", "that is the operator's")
        }

        @Test func anotherWorkerWithAnotherKeyGoesOn() async throws {
            let test = try await TestQueue.make()
            try await test.insert(5)
            try await test.settle(fault(of: try #require(try await test.claim(1).first)))
            #expect(try await test.claim().isEmpty)
            let other = try await test.other(fingerprint: "0000000b")
            #expect(try await other.claim().count == 5)
            #expect(try await test.value("SELECT paused FROM giftbridge.queue") == "f")
        }

        @Test func probeIsOneOrderAnotherOneEachTimeAndItsDelayDoubles() async throws {
            let test = try await TestQueue.make()
            try await test.insert(5)
            var last = try #require(try await test.claim(1).first)
            try await test.settle(fault(of: last))
            for (faults, delay) in zip(2..., [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]) {
                let orders = try await probe(test)
                try #require(orders.count == 1)
                #expect(orders[0].orderID != last.orderID)
                // One at a time, also while it is on its way.
                #expect(try await test.other().claim().isEmpty)
                try await test.settle(fault(of: orders[0]))
                last = orders[0]
                #expect(try await test.value(Self.state) == "0000000a@vendor \(faults) \(delay) The key is wrong.")
            }
        }

        @Test func orderThatGetsThroughProvesTheKey() async throws {
            let test = try await TestQueue.make()
            try await test.insert(5)
            try await test.settle(fault(of: try #require(try await test.claim(1).first)))
            try await test.settle(.sold(try #require(try await probe(test).first)))
            #expect(try await test.int("SELECT count(*) FROM giftbridge.set_aside") == 0)
            #expect(try await test.claim().count == 4)
        }

        /// While others pass it is the order that has the fault: three attempts, and it is given up.
        @Test func anOrderThatAloneIsAnsweredSoIsGivenUp() async throws {
            let test = try await TestQueue.make()
            let ids = try await test.insert(9)
            var bad = try #require(try await test.claim(1).first)
            #expect(bad.orderID == ids[0])
            try await test.settle(fault(of: bad))
            try await test.settle(.sold(try #require(try await probe(test).first)))
            for attempt in 1...3 {
                try await test.run("UPDATE giftbridge.due SET due_at = now() WHERE order_id = \(ids[0])")
                bad = try #require(try await test.claim().first { $0.orderID == ids[0] })
                try await test.settle(fault(of: bad))
                #expect(
                    try await test.int("SELECT count(*) FROM giftbridge.set_aside") == 0, "nothing is set aside for it")
                #expect(try await test.status(ids[0]) == (attempt < 3 ? "pending" : "failed"))
            }
        }

        @Test func pauseOfAnOperatorStaysUntilResume() async throws {
            let test = try await TestQueue.make()
            try await test.insert(5)
            let orders = try await test.claim(2)
            try await test.run(
                "SELECT giftbridge.pause('default', 'stocktaking'); SELECT giftbridge.pause('default', 'again')")
            try await test.settle(fault(of: orders[0]))
            try await test.settle(.sold(orders[1]))
            #expect(try await test.value("SELECT pause_reason FROM giftbridge.queue") == "stocktaking")
            #expect(try await test.claim().isEmpty)
            try await test.run("SELECT giftbridge.resume('default')")
            #expect(try await test.claim().count == 4)
        }

        @Test func anAddressOutOfReachIsProbedByOneOrderAtATime() async throws {
            let test = try await TestQueue.make()
            try await test.insert(5)
            let orders = try await test.claim(3)
            for order in orders { try await test.settle(unreachable(order)) }
            #expect(
                try await test.value(
                    "SELECT concat_ws(' ', worker, api_host, failures, reason, probe_at > now() + interval '5 s') FROM giftbridge.unreachable"
                )
                    == "one vendor 1 No route. t")
            #expect(try await test.order(orders[0].orderID, "status", "attempts") == ["pending", "0"])
            #expect(try await test.claim().isEmpty)
            // Another worker may have another way there.
            #expect(try await test.other().claim(1).count == 1)
            try await test.run("UPDATE giftbridge.unreachable SET probe_at = now()")
            let probe = try await test.claim()
            #expect(probe.count == 1)
            try await test.settle(unreachable(probe[0]))
            #expect(
                try await test.value(
                    "SELECT concat_ws(' ', failures, probe_at > now() + interval '15 s') FROM giftbridge.unreachable")
                    == "2 t")
            let reason = try await test.value("SELECT pause_reason FROM giftbridge.shop_pauses") ?? ""
            #expect(
                reason.wholeMatch(of: /Unreachable since \d{4}-\d\d-\d\d \d\d:\d\d UTC: .+/) != nil,
                "\(reason)")
            // Any answer at all shows that it is within reach.
            try await test.run("UPDATE giftbridge.unreachable SET probe_at = now()")
            try await test.settle(.sold(try #require(try await test.claim().first)))
            #expect(try await test.int("SELECT count(*) FROM giftbridge.unreachable") == 0)
            #expect(try await test.claim().count == 3)
        }

        @Test func aShopWithoutAKeySaysSo() async throws {
            let test = try await TestQueue.make()
            try await test.heartbeat()
            try await test.run(
                "SELECT giftbridge.tell_accounts('one', '{default}', '{-}', '{one}', '{\"GIFTBRIDGE_API_KEY is not set\"}')"
            )
            #expect(
                try await test.value("SELECT concat_ws(' ', paused, pause_reason) FROM giftbridge.queue")
                    == "t GIFTBRIDGE_API_KEY is not set")
            try await test.tell()
            #expect(try await test.value("SELECT paused FROM giftbridge.queue") == "f")
        }
    }
}
