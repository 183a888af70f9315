import NIOCore
import NIOHTTP1
import TestSupport
import Testing

@testable import Sandbox

@Suite("The sandbox's faults over HTTP")
struct FaultTests {
    /// Sends one sale under a fault, and returns the reply (nil: the connection was cut) with the log's record.
    private func strike(
        _ fault: FaultKind,
        on sandbox: RunningSandbox,
        timeout: Duration = .seconds(20)
    ) async throws -> (reply: RunningSandbox.Reply?, record: RequestRecord) {
        sandbox.server.queueFault(fault)
        var reply: RunningSandbox.Reply?
        do {
            reply = try await sandbox.sell(VendorExamples.full, timeout: timeout)
        } catch {
            #expect(!(error is CancellationError))
        }
        let record = try await sandbox.onlyRequest()
        #expect(record.fault == fault)
        #expect(await sandbox.server.summary().faults == [fault: 1])
        return (reply, record)
    }

    @Test("A status fault answers without selling", arguments: FaultKind.statuses)
    func statusFault(status: Int) async throws {
        try await withSandbox { sandbox async throws in
            let (reply, record) = try await strike(.status(status), on: sandbox)
            #expect(reply?.status == status)
            #expect((reply?.header("Location") != nil) == (300..<400).contains(status))
            #expect((reply?.header("Retry-After") != nil) == (status == 429))
            #expect(record.sale == nil)
            #expect(await sandbox.server.ledger.sales().isEmpty)
        }
    }

    @Test("A status after processing answers although it sold", arguments: [500, 504, 422, 307])
    func processedThenStatus(status: Int) async throws {
        try await withSandbox { sandbox async throws in
            let (reply, record) = try await strike(.processedThen(status), on: sandbox)
            #expect(reply?.status == status)
            #expect(record.sale == 1)
        }
    }

    @Test(
        "A cut connection is a cut: no answer, and sold or not as the kind says",
        arguments: [(.closeBefore, nil), (.closeAfter, 1), (.resetAfter, 1), (.closeMidAnswer, 1)]
            as [(FaultKind, Int?)]
    )
    func cutConnection(fault: FaultKind, sale: Int?) async throws {
        try await withSandbox { sandbox async throws in
            let (reply, record) = try await strike(fault, on: sandbox)
            #expect(reply == nil)
            #expect(record.sale == sale)
            #expect(try await sandbox.sell(VendorExamples.short).status == 200)
        }
    }

    @Test(
        "A hanging request is held until the client goes away",
        arguments: [(.hangBefore, 0), (.hangAfter, 1)] as [(FaultKind, Int)])
    func hangingRequest(fault: FaultKind, sales: Int) async throws {
        try await withSandbox { sandbox async throws in
            let (reply, _) = try await strike(fault, on: sandbox, timeout: .seconds(1))
            #expect(reply == nil)
            #expect(await sandbox.server.ledger.sales().count == sales)
        }
    }

    @Test("A hanging request ends at its bound", arguments: [FaultKind.hangBefore, .hangAfter, .hangThenSell])
    func hangIsBounded(fault: FaultKind) async throws {
        try await withSandbox(SandboxConfiguration(rateLimit: nil, hangBound: .milliseconds(100))) {
            sandbox async throws in
            let (reply, record) = try await strike(fault, on: sandbox)
            #expect(reply == nil)
            #expect(record.status == nil)
        }
    }

    @Test("A late sale happens only when the client has given up", .timeLimit(.minutes(1)))
    func lateSale() async throws {
        try await withSandbox { sandbox async throws in
            let start = WallClock.now
            let (reply, _) = try await strike(.hangThenSell, on: sandbox, timeout: .seconds(1))
            #expect(reply == nil)
            while await sandbox.server.ledger.sales().isEmpty { await Task.yield() }
            let sale = try #require(await sandbox.server.ledger.sales().first)
            #expect(sale.soldAt - start >= 0.99)
        }
    }

    @Test(
        "A spoiled answer is spoiled as its kind says, and the sale is made",
        arguments: [.empty200, .garbage200, .truncatedJSON200, .html200] as [FaultKind]
    )
    func unreadableAnswer(fault: FaultKind) async throws {
        try await withSandbox { sandbox async throws in
            let (reply, record) = try await strike(fault, on: sandbox)
            #expect(reply?.status == 200)
            #expect(throws: JSONSyntaxError.self) { try reply?.json() }
            #expect(record.sale == 1)
        }
    }

    @Test("A huge answer is correct JSON of more than a megabyte")
    func hugeAnswer() async throws {
        try await withSandbox { sandbox async throws in
            let reply = try #require(try await strike(.huge200, on: sandbox).reply)
            #expect(reply.body.readableBytes > 1 << 20)
            #expect(try reply.json()["order_reference"] == "ACME-123")
        }
    }

    @Test("An answer can lack a code, lack its reference, or be called by the wrong type")
    func incompleteAnswer() async throws {
        try await withSandbox { sandbox async throws in
            #expect(try await strike(.wrongCodesCount, on: sandbox).reply?.json()["voucher_codes"] == ["EXAMPLECODE1"])
        }
        try await withSandbox { sandbox async throws in
            let json = try await strike(.missingReference, on: sandbox).reply?.json()
            #expect(json?["order_reference"] == nil)
            #expect(json?["voucher_codes"] == ["EXAMPLECODE1", "EXAMPLECODE2"])
        }
        try await withSandbox { sandbox async throws in
            let reply = try await strike(.wrongContentType, on: sandbox).reply
            #expect(reply?.header("Content-Type")?.hasPrefix("text/html") == true)
            #expect(try reply?.json()["order_reference"] == "ACME-123")
        }
    }

    @Test("A fault that needs a sale waits for one")
    func faultWaitsForASale() async throws {
        try await withSandbox { sandbox async throws in
            sandbox.server.queueFault(.missingReference)
            #expect(try await sandbox.sell("{}").status == 422)
            #expect(await sandbox.server.summary().faults.isEmpty)
            #expect(try await sandbox.sell(VendorExamples.short).json()["order_reference"] == nil)
            #expect(await sandbox.server.summary().faults == [.missingReference: 1])
        }
    }

    @Test("A slow answer arrives whole, and late")
    func slowAnswer() async throws {
        let configuration = SandboxConfiguration(rateLimit: nil, slowAnswerDuration: .milliseconds(300))
        try await withSandbox(configuration) { sandbox async throws in
            let start = ContinuousClock.now
            let reply = try await strike(.slowAnswer, on: sandbox).reply
            #expect(try reply?.json()["order_reference"] == "ACME-123")
            #expect(ContinuousClock.now - start >= .milliseconds(300))
        }
    }

    @Test("Neither the rate limit's nor the key's refusal uses a fault up")
    func refusalsUseNoFaultUp() async throws {
        try await withSandbox(SandboxConfiguration(rateLimit: 1)) { sandbox async throws in
            sandbox.server.queueFault(.status(500))
            let wrong = RunningSandbox.vendorHeaders.dropFirst() + [("Smart-Auth", "sk_wrong")]
            #expect(try await sandbox.sell(headers: Array(wrong), VendorExamples.short).status == 401)
            #expect(try await sandbox.sell(headers: Array(wrong), VendorExamples.short).status == 429)
            #expect(try await sandbox.sell(VendorExamples.short).status == 500)
        }
    }

    @Test("Random faults are the same in two runs, also when requests come in another order")
    func randomFaultsAreReproducible() async throws {
        func run(reversed: Bool) async throws -> [String: FaultKind] {
            let kinds: [FaultKind] = [.status(500), .processedThen(503), .html200]
            let configuration = SandboxConfiguration(rateLimit: nil, faultRate: 0.3, faultKinds: kinds, seed: 11)
            let faults = Faults()
            try await withSandbox(configuration) { sandbox async throws in
                let numbers = Array(1...60)
                for number in reversed ? numbers.reversed() : numbers {
                    _ = try await sandbox.sell(VendorExamples.sale(orderID: "order-\(number)"))
                }
                for request in await sandbox.server.ledger.requests() {
                    if let orderID = request.orderID, let fault = request.fault { await faults.add(orderID, fault) }
                }
            }
            return await faults.byOrder
        }
        let first = try await run(reversed: false)
        #expect((6...32).contains(first.count))
        #expect(try await run(reversed: true) == first)
    }

    private actor Faults {
        var byOrder: [String: FaultKind] = [:]

        func add(_ orderID: String, _ fault: FaultKind) {
            byOrder[orderID] = fault
        }
    }
}
