import LibPQ
import TestSupport
import Testing

@testable import Giftbridge

extension DatabaseTests {
    struct NextDueTests {
        /// A wait is about so many seconds: the clock runs while a test does.
        private func expect(_ test: TestQueue, _ seconds: Double, sourceLocation: SourceLocation = #_sourceLocation)
            async throws
        {
            let wait = try #require(try await test.queue.nextDue(), sourceLocation: sourceLocation)
            #expect(wait <= .seconds(seconds) && wait >= .seconds(max(seconds - 10, 0)), sourceLocation: sourceLocation)
        }

        @Test func nothingIsDueWhereNothingWaits() async throws {
            let test = try await TestQueue.make()
            #expect(try await test.queue.nextDue() == nil)
            let order = try await test.claimedOrder()
            try await test.settle(.sold(order))
            try await test.settle(Settlement(of: try await test.claimedOrder(), .rejected, .rejected, error: "No."))
            try await test.insert()
            try await test.run("SELECT giftbridge.cancel(3)")
            #expect(try await test.queue.nextDue() == nil)
        }

        @Test func pendingOrderIsDueAtItsTime() async throws {
            let test = try await TestQueue.make()
            try await test.insert(3, ["submit_after": "now() + i * interval '1 h'", "priority": "i"])
            try await expect(test, 3600)
            try await test.insert(1, ["submit_after": "now() - interval '1 h'"])
            try await expect(test, 0)
        }

        @Test func pausedShopIsNeverDueByItself() async throws {
            let test = try await TestQueue.make()
            try await test.insert()
            try await test.run("SELECT giftbridge.pause('default', 'holiday')")
            #expect(try await test.queue.nextDue() == nil)
            try await test.shop("second")
            try await test.insert(1, ["shop": "'second'", "submit_after": "now() + interval '1 h'"])
            try await expect(test, 3600)
        }

        @Test func shopPausedByAFaultIsDueAtItsProbe() async throws {
            let test = try await TestQueue.make()
            try await test.insert()
            try await test.run("UPDATE giftbridge.shops SET paused = true, paused_until = now() + interval '500 s'")
            try await expect(test, 500)
            try await test.run("UPDATE giftbridge.shops SET paused_until = now()")
            try await expect(test, 0)
        }

        @Test func leaseEndIsDueWhateverTheShopsState() async throws {
            let test = try await TestQueue.make(rateLimit: "1")
            try await test.insert()
            #expect(try await test.claim(lease: .seconds(300)).count == 1)
            try await expect(test, 300)
            try await test.run("SELECT giftbridge.pause('default', 'holiday')")
            try await expect(test, 300)
        }

        @Test func verificationIsDueAtItsTime() async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            try await test.settle(Settlement(of: order, .inDoubt, .inDoubt, error: "Lost.", dueIn: .seconds(200)))
            try await expect(test, 200)
        }

        @Test func orderThatWaitsForAPersonIsNotDue() async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            try await test.settle(Settlement(of: order, .inDoubt, .inDoubt, error: "Lost."))
            #expect(try await test.queue.nextDue() == nil)
        }

        /// Otherwise a worker would spin, or sleep though it could work.
        @Test func zeroMeansThatAClaimFindsSomething() async throws {
            let test = try await TestQueue.make(rateLimit: "3")
            try await test.run("UPDATE giftbridge.shops SET rate_window = '100 ms'")
            try await test.shop("second")
            try await test.insert(8)
            try await test.insert(8, ["shop": "'second'"])
            var claimed = 0
            while let wait = try await test.queue.nextDue(), wait < .seconds(10) {
                if wait > .zero { try await Task.sleep(for: wait) }
                let got = try await test.claim(2).count
                #expect(got > 0)
                claimed += got
            }
            #expect(claimed == 16)
        }
    }
}
