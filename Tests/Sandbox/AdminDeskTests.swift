import Logging
import NIOHTTP1
import ServiceLifecycle
import TestSupport
import Testing

@testable import Sandbox

@Suite("The sandbox's own pages")
struct AdminDeskTests {
    @Test("The help names every page")
    func help() async throws {
        try await withSandbox { sandbox async throws in
            let reply = try await sandbox.send(.GET, "/_sandbox", headers: [])
            #expect(reply.status == 200)
            for page in ["sales", "requests", "summary", "faults", "habits", "key"] {
                #expect(reply.text.contains("/_sandbox/\(page)"))
            }
        }
    }

    @Test("Sales, requests and summary are told as JSON, and never the key")
    func ledgerPages() async throws {
        try await withSandbox { sandbox async throws in
            #expect(try await sandbox.sell(VendorExamples.full).status == 200)
            #expect(try await sandbox.sell(VendorExamples.short).status == 200)
            let sales = try await sandbox.send(.GET, "/_sandbox/sales?after=0&limit=1", headers: []).json()
            guard case .array(let list)? = sales["data"], let sale = list.first else {
                return #expect(Bool(false), "no sales")
            }
            #expect(list.count == 1)
            #expect(sale["order_reference"] == "ACME-123")
            #expect(sale["renamed"] == false)
            guard case .array(let items)? = sale["items"] else { return #expect(Bool(false), "no items") }
            #expect(items.map { $0["price"] } == ["100.00", "100.00"])
            #expect(sale["customer"]?["postcode"] == "NP11 4EY")
            let requests = try await sandbox.send(.GET, "/_sandbox/requests?after=1", headers: [])
            #expect(!requests.text.contains("sk_sandbox"))
            guard case .array(let log)? = try requests.json()["data"] else { return #expect(Bool(false), "no log") }
            #expect(log.map { $0["body"]?.text } == [VendorExamples.short])
            let summary = try await sandbox.send(.GET, "/_sandbox/summary", headers: []).json()
            #expect(summary["requests"] == 2)
            #expect(summary["sales"] == 2)
            #expect(summary["vouchers"] == 3)
        }
    }

    @Test("A fault is queued for an order, and strikes as often as told")
    func queueFault() async throws {
        try await withSandbox { sandbox async throws in
            let order = #"{"fault": "status_503", "order_id": "7", "times": 2}"#
            #expect(try await sandbox.send(.POST, "/_sandbox/faults", headers: [], order).status == 200)
            let listed = try await sandbox.send(.GET, "/_sandbox/faults", headers: []).json()
            #expect(listed["queued"] == [["fault": "status_503", "order_id": "7", "times": 2]])
            let bodies = ["6", "7", "7", "7"].map { VendorExamples.sale(orderID: $0) }
            var statuses: [Int] = []
            for body in bodies { statuses.append(try await sandbox.sell(body).status) }
            #expect(statuses == [200, 503, 503, 200])
        }
    }

    @Test(
        "A wrong order for a fault or key is refused",
        arguments: [
            ("/_sandbox/faults", "", 422), ("/_sandbox/faults", #"{"fault": "nonsense"}"#, 422),
            ("/_sandbox/faults", #"{"fault": "close_after", "times": 0}"#, 422),
            ("/_sandbox/faults", #"{"fault": "close_after", "times": "1"}"#, 422),
            ("/_sandbox/faults", #"{"fault": "close_after", "order_id": 7}"#, 422),
            ("/_sandbox/key", #"{"key": ""}"#, 422), ("/_sandbox/nothing", "{}", 404),
        ]
    )
    func wrongOrder(path: String, body: String, status: Int) async throws {
        try await withSandbox { sandbox async throws in
            #expect(try await sandbox.send(.POST, path, headers: [], body).status == status)
        }
    }

    @Test("The accepted key changes while it runs, and a reset brings everything back to the start")
    func keyAndReset() async throws {
        try await withSandbox { sandbox async throws in
            #expect(try await sandbox.sell(VendorExamples.full).status == 200)
            sandbox.server.queueFault(.status(500))
            #expect(try await sandbox.send(.POST, "/_sandbox/key", headers: [], #"{"key": "sk_new"}"#).status == 200)
            #expect(try await sandbox.sell(VendorExamples.full).status == 401)
            #expect(try await sandbox.send(.DELETE, "/_sandbox", headers: []).status == 200)
            #expect(await sandbox.server.summary() == LedgerSummary())
            #expect(try await sandbox.sell(VendorExamples.full).json()["order_reference"] == "ACME-123")
        }
    }

    @Test("Memory is bounded, bodies sooner than entries, and a forgotten sale's code stays taken")
    func boundedMemory() async throws {
        let configuration = SandboxConfiguration(rateLimit: nil, ledgerCapacity: 3, rawBodyCapacity: 2)
        try await withSandbox(configuration) { sandbox async throws in
            #expect(try await sandbox.sell(VendorExamples.full).status == 200)
            for _ in 0..<4 { #expect(try await sandbox.sell(VendorExamples.short).status == 200) }
            #expect(await sandbox.server.ledger.sales().map(\.sequence) == [3, 4, 5])
            let requests = await sandbox.server.ledger.requests()
            #expect(requests.map(\.sequence) == [3, 4, 5])
            #expect(requests.map { $0.body != nil } == [false, true, true])
            #expect(await sandbox.server.summary().sales == 5)
            #expect(try await sandbox.sell(VendorExamples.full).status == 422)
        }
    }

    @Test("A graceful shutdown ends hanging requests and the server", .timeLimit(.minutes(1)))
    func gracefulShutdown() async throws {
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        let logger = Logger(label: "sandbox") { _ in SwiftLogNoOpLogHandler() }
        let server = SandboxServer(configuration: SandboxConfiguration(), logger: logger) { continuation.yield($0) }
        let services = ServiceGroup(configuration: .init(services: [server], logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await services.run() }
            var iterator = ports.makeAsyncIterator()
            let port = try #require(await iterator.next())
            server.queueFault(.hangBefore)
            group.addTask {
                await #expect(throws: (any Error).self) { () async throws in
                    try await RunningSandbox(server: server, port: port).sell(VendorExamples.short)
                }
            }
            while await server.summary().faults.isEmpty { await Task.yield() }
            await services.triggerGracefulShutdown()
            try await group.waitForAll()
        }
    }
}
