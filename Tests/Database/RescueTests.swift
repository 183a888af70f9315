import LibPQ
import TestSupport
import Testing

@testable import Giftbridge

extension DatabaseTests {
    struct RescueTests {
        @Test func endedLeaseBecomesInDoubtAndIsVerifiedLater() async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            try await test.run("UPDATE giftbridge.in_flight SET lease_until = now()")
            #expect(try await test.other().queue.rescue() == 1)
            #expect(try await test.claim().isEmpty)
            #expect(
                try await test.order(
                    order.orderID, "status", "attempts", "error", "in_doubt_since = updated_at", "sent_to")
                    == [
                        "in_doubt", "1",
                        "Outcome unknown: the worker disappeared while the request was in flight. Giftbridge will verify it.",
                        "true",
                        "0000000a@vendor",
                    ])
            #expect(try await test.place(order.orderID) == "due 201")
            #expect(
                try await test.value("SELECT due_at > now() + interval '55 s' FROM giftbridge.due") == "t")
            #expect(
                try await test.value(
                    "SELECT concat_ws(' ', outcome, finished_at IS NOT NULL, error) FROM giftbridge.submissions")
                    == "in_doubt t The worker's lease expired without an answer.")
        }

        /// No assigned code could prove the sale: not without codes, and not where all are the shop's.
        @Test(arguments: [
            ("false", "[{\"id\": 1}]"), ("false", "[{\"id\": 1, \"code\": \"MINE\"}]"),
            ("true", "[{\"id\": 1, \"code\": \"MINE\"}]"),
        ])
        func orderThatCannotBeVerifiedWaitsForAnOperator(assignCodes: String, items: String) async throws {
            let test = try await TestQueue.make()
            try await test.run("UPDATE giftbridge.shops SET assign_codes = \(assignCodes)")
            let order = try await test.claimedOrder(["items": "'\(items)'"])
            let notified = try await test.notifications(on: "giftbridge_results") { try await test.loseWorker() }
            #expect(try await test.place(order.orderID) == "attention in_doubt")
            #expect(
                try #require(try await test.order(order.orderID, "error")[0]).hasSuffix(
                    "ask the vendor, then resolve the order."))
            #expect(notified.count == 1)
            #expect(try await test.claim().isEmpty)
            let verify = try await test.error("SELECT giftbridge.verify(\(order.orderID))")
            #expect(verify.message.contains("did not assign its codes"))
        }

        @Test func orderWithOneAssignedCodeIsVerified() async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder(["items": "'[{\"id\": 1, \"code\": \"MINE\"}, {\"id\": 1}]'"])
            let notified = try await test.notifications(on: "giftbridge_results") { try await test.loseWorker() }
            #expect(try await test.place(order.orderID) == "due 201")
            #expect(notified.isEmpty)
        }

        @Test func liveLeaseIsLeftAlone() async throws {
            let test = try await TestQueue.make()
            try await test.insert(2)
            let lost = try #require(try await test.leasing(.zero).claim(1).first)
            let live = try #require(try await test.claim(1).first)
            #expect(try await test.queue.rescue() == 1)
            #expect(try await test.status(lost.orderID) == "in_doubt")
            #expect(try await test.status(live.orderID) == "submitting")
        }

        /// What was being sent when a worker died may be what it died of.
        @Test func rescuedOrdersAreVerifiedOneAtATime() async throws {
            let test = try await TestQueue.make()
            try await test.insert(3)
            _ = try await test.claim()
            try await test.loseWorker()
            try await test.verifyNow()
            let first = try await test.claim()
            #expect(first.count == 1)
            #expect(try await test.claim().isEmpty)
            #expect(try await test.other("two").claim().count == 1, "another worker has its own")
            try await test.settle(.sold(first[0]))
            #expect(try await test.claim().count == 1)
        }

        @Test func verificationWhoseWorkerIsLostIsRescuedTooAndNotForEver() async throws {
            let test = try await TestQueue.make()
            let order = try await test.claimedOrder()
            try await test.loseWorker()
            let since = try await test.order(order.orderID, "in_doubt_since")
            for verification in 1...10 {
                try await test.verifyNow()
                #expect(try await test.claim().count == 1)
                try await test.loseWorker()
                #expect(
                    try await test.place(order.orderID) == (verification < 10 ? "due 201" : "attention in_doubt"))
            }
            #expect(try await test.order(order.orderID, "status", "in_doubt_since") == ["in_doubt"] + since)
        }

        @Test func lockedOrderIsSkipped() async throws {
            let test = try await TestQueue.make()
            let ids = try await test.insert(2)
            _ = try await test.leasing(.zero).claim()
            let other = try await test.other()
            try await test.run("BEGIN; SELECT FROM giftbridge.orders WHERE id = \(ids[0]) FOR UPDATE")
            #expect(try await other.queue.rescue() == 1)
            try await test.run("COMMIT")
            #expect(try await test.status(ids[0]) == "submitting")
            #expect(try await test.queue.rescue() == 1)
        }

        @Test func ordersThatExpireWhileTheyWaitBecomeFailed() async throws {
            let test = try await TestQueue.make()
            let ids = try await test.insert(2, ["expires_at": "clock_timestamp() + i * interval '1 h'"])
            try await test.run(
                "UPDATE giftbridge.due SET expires_at = now() - interval '1 s' WHERE order_id = \(ids[0])")
            try await test.run("SELECT giftbridge.pause('default', 'holiday')")
            _ = try await test.queue.rescue()
            #expect(try await test.status(ids[0]) == "failed")
            #expect(try await test.status(ids[1]) == "pending")
            // What was ever in doubt may have been sold, and does not expire.
            try await test.run("SELECT giftbridge.resume('default')")
            let order = try #require(try await test.claim().first)
            try await test.settle(Settlement(of: order, .inDoubt, .inDoubt, error: "Lost.", dueIn: .zero))
            #expect(try await test.value("SELECT expires_at FROM giftbridge.due") == nil)
        }
    }

    struct HeartbeatTests {
        private static let row = """
            SELECT concat_ws(' ', worker, host, pid, version, state, in_flight, completed, rejected, retried, in_doubt, listening,
                coalesce(last_error, '-'), round(extract(epoch FROM heartbeat_at - last_error_at))) FROM giftbridge.status
            """

        @Test func heartbeatMakesAndRefreshesTheWorkersRow() async throws {
            let test = try await TestQueue.make()
            var status = WorkerStatus(host: "host", pid: 7, version: "1.0")
            try await test.queue.heartbeat(status)
            #expect(try await test.value(Self.row) == "one host 7 1.0 starting 0 0 0 0 0 f -")
            let times = "SELECT started_at::text || heartbeat_at FROM giftbridge.status"
            let first = try await test.value(times)
            status.state = .running
            status.inFlight = 3
            (status.completed, status.rejected, status.retried, status.inDoubt) = (1, 2, 3, 4)
            status.isListening = true
            status.note(error: "It was away.")
            try await test.queue.heartbeat(status)
            #expect(try await test.value(Self.row) == "one host 7 1.0 running 3 1 2 3 4 t It was away. 0")
            #expect(try await test.value(times) != first)
            #expect(try await test.value("SELECT heartbeat_at > started_at FROM giftbridge.status") == "t")
        }

        @Test func everyStateOfAWorkerIsKnown() async throws {
            let test = try await TestQueue.make()
            var status = WorkerStatus(host: "host", pid: 7, version: "1.0")
            for state in [WorkerStatus.State.starting, .running, .draining, .stopped] {
                status.state = state
                try await test.queue.heartbeat(status)
                #expect(try await test.value("SELECT state FROM giftbridge.status") == state.rawValue)
            }
        }

        @Test func newProcessUnderAnOldNameIsShownAsItself() async throws {
            let test = try await TestQueue.make()
            var old = WorkerStatus(host: "host", pid: 7, version: "1.0")
            old.completed = 100
            try await test.queue.heartbeat(old)
            try await test.run("UPDATE giftbridge.status SET started_at = '2001-01-01', heartbeat_at = '2001-01-01'")
            try await test.queue.heartbeat(WorkerStatus(host: "other", pid: 8, version: "1.1"))
            #expect(try await test.value(Self.row) == "one other 8 1.1 starting 0 0 0 0 0 f -")
            #expect(try await test.value("SELECT started_at = heartbeat_at FROM giftbridge.status") == "t")
        }

        @Test func workersGoneForAWeekAreRemovedWhenOneStarts() async throws {
            let test = try await TestQueue.make()
            try await test.shop("keyless")
            for worker in ["gone", "quiet"] {
                try await test.other(worker).tell()
                try await test.run(
                    """
                    INSERT INTO giftbridge.unreachable (worker, api_host, reason, since, failed_at, probe_at)
                    VALUES ('\(worker)', 'vendor', 'r', now(), now(), now());
                    SELECT giftbridge.tell_accounts('\(worker)', '{keyless}', '{-}', '{\(worker)}', '{"no key"}')
                    """)
            }
            try await test.run(
                """
                UPDATE giftbridge.status SET heartbeat_at = now() - interval '8 days' WHERE worker = 'gone';
                UPDATE giftbridge.status SET heartbeat_at = now() - interval '6 days' WHERE worker = 'quiet'
                """)
            try await test.queue.heartbeat(WorkerStatus(host: "host", pid: 7, version: "1.0"))
            #expect(try await test.column("SELECT worker FROM giftbridge.status ORDER BY worker") == ["one", "quiet"])
            for known in [
                "SELECT DISTINCT worker FROM giftbridge.accounts", "SELECT worker FROM giftbridge.unreachable",
                "SELECT substr(account, 3) FROM giftbridge.set_aside",
            ] {
                #expect(try await test.column(known) == ["quiet"])
            }
        }
    }
}
