import LibPQ
import TestSupport
import Testing

@testable import Giftbridge

extension DatabaseTests {
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
