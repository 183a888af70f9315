import NIOHTTP1
import TestSupport
import Testing

@testable import Sandbox

@Suite("The sandbox's habits: what the vendor's pages leave open")
struct HabitTests {
    private func sandbox(
        _ habits: Set<Habit>, _ test: @Sendable (RunningSandbox) async throws -> Void
    ) async throws {
        try await withSandbox(SandboxConfiguration(rateLimit: nil, habits: habits), test)
    }

    private static let example: JSONValue = ["EXAMPLECODE1", "EXAMPLECODE2"]

    private static func taken(_ positions: Int...) -> JSONValue {
        .object(
            positions.map {
                JSONValue.Member("items.\($0).code", [.string("The items.\($0).code has already been taken.")])
            })
    }

    private func lookUp(_ code: String, _ sandbox: RunningSandbox) async throws -> Int {
        try await sandbox.send(.POST, "/redeem/check", #"{"voucher_no": "\#(code)", "site_id": 1}"#).status
    }

    @Test("References begin with the company's id, also renamed and made ones")
    func prefix() async throws {
        try await sandbox([]) { sandbox async throws in
            let body = VendorExamples.sale(orderID: "42")
            #expect(try await sandbox.sell(body).json()["order_reference"] == "ACME-42")
            #expect(try await sandbox.sell(body).json()["order_reference"] == "ACME-42-2")
            #expect(try await sandbox.sell(VendorExamples.short).json()["order_reference"] == "ACME-SG-3")
            #expect(await sandbox.server.summary().renamed == 1)
            #expect(await sandbox.server.ledger.sales().map(\.isRenamed) == [false, true, false])
        }
        try await withSandbox(SandboxConfiguration(rateLimit: nil, referencePrefix: "")) { sandbox async throws in
            #expect(try await sandbox.sell(VendorExamples.full).json()["order_reference"] == "123")
        }
    }

    @Test("The receipt stands below data, or calls the reference order_id, or both")
    func formOfReceipt() async throws {
        try await sandbox([.nestedAnswer]) { sandbox async throws in
            #expect(
                try await sandbox.sell(VendorExamples.full).text
                    == #"{"message":"Order processed successfully!","data":{"order_reference":"ACME-123","#
                    + #""voucher_codes":["EXAMPLECODE1","EXAMPLECODE2"]}}"#)
        }
        try await sandbox([.referenceAsOrderID]) { sandbox async throws in
            let json = try await sandbox.sell(VendorExamples.full).json()
            #expect(json["order_id"] == "ACME-123" && json["order_reference"] == nil)
            #expect(json["voucher_codes"] == Self.example)
        }
        try await sandbox([.referenceAsOrderID, .nestedAnswer]) { sandbox async throws in
            #expect(try await sandbox.sell(VendorExamples.full).json()["data"]?["order_id"] == "ACME-123")
        }
    }

    @Test("Codes come in reverse order, or spelled otherwise; the sale has them as they were sent")
    func codesInReceipt() async throws {
        try await sandbox([.codesReordered]) { sandbox async throws in
            let codes = try await sandbox.sell(VendorExamples.full).json()["voucher_codes"]
            #expect(codes == ["EXAMPLECODE2", "EXAMPLECODE1"])
            #expect(await sandbox.server.ledger.sales()[0].voucherCodes == ["EXAMPLECODE1", "EXAMPLECODE2"])
        }
        try await sandbox([.codesRespelled]) { sandbox async throws in
            let codes = try await sandbox.sell(VendorExamples.full).json()["voucher_codes"]
            #expect(codes == ["exampl ecode1", "exampl ecode2"])
            #expect(try await lookUp("exampl ecode2", sandbox) == 200)
            #expect(try await lookUp("EXAMPLECODE2", sandbox) == 200)
            #expect(await sandbox.server.ledger.sales()[0].voucherCodes == ["EXAMPLECODE1", "EXAMPLECODE2"])
            #expect(try await sandbox.sell(VendorExamples.full).json()["errors"] == Self.taken(0, 1))
        }
    }

    @Test("Codes that are ignored are made here, are in no voucher, and protect nothing")
    func codesIgnored() async throws {
        try await sandbox([.codesIgnored]) { sandbox async throws in
            for _ in 0..<2 {
                let json = try await sandbox.sell(VendorExamples.full).json()
                guard case .array(let codes)? = json["voucher_codes"] else { return #expect(Bool(false), "no codes") }
                #expect(codes.count == 2 && Set(codes.map(\.text)).isDisjoint(with: ["EXAMPLECODE1", "EXAMPLECODE2"]))
            }
            #expect(await sandbox.server.summary().sales == 2)
            #expect(await sandbox.server.ledger.sales().allSatisfy { $0.items.allSatisfy { !$0.isCodeChosen } })
            #expect(try await lookUp("EXAMPLECODE1", sandbox) == 422)
        }
        // Codes that were taken before are no hindrance either.
        try await sandbox([]) { sandbox async throws in
            #expect(try await sandbox.sell(VendorExamples.full).status == 200)
            let habits = #"{"habits": ["codes_ignored"]}"#
            #expect(try await sandbox.send(.POST, "/_sandbox/habits", habits).status == 200)
            #expect(try await sandbox.sell(VendorExamples.full).status == 200)
        }
    }

    @Test("A partial sale sells the first item and answers 500; the retry refuses only its code")
    func partialSale() async throws {
        try await withSandbox { sandbox async throws in
            sandbox.server.queueFault(.habit(.partialSale))
            #expect(try await sandbox.sell(VendorExamples.full).status == 500)
            let request = try await sandbox.onlyRequest()
            #expect(request.sale == 1 && request.status == 500 && request.fault == .habit(.partialSale))
            #expect(await sandbox.server.ledger.sales().map(\.voucherCodes) == [["EXAMPLECODE1"]])
            #expect(try await sandbox.sell(VendorExamples.full).json()["errors"] == Self.taken(0))
            #expect(try await lookUp("EXAMPLECODE1", sandbox) == 200)
            #expect(try await lookUp("EXAMPLECODE2", sandbox) == 422)
        }
    }

    @Test("A request sent twice on its way is sold once where it has codes, and what comes back is the refusal")
    func sentTwice() async throws {
        try await sandbox([.sentTwice]) { sandbox async throws in
            let reply = try await sandbox.sell(VendorExamples.full)
            #expect(reply.status == 422)
            #expect(try reply.json()["errors"] == Self.taken(0, 1))
            #expect(await sandbox.server.ledger.sales().count == 1)
            #expect(try await sandbox.onlyRequest().sale == 1)
        }
        // Without codes nothing stops the second copy.
        try await sandbox([.sentTwice]) { sandbox async throws in
            #expect(try await sandbox.sell(VendorExamples.sale(orderID: "42")).json()["order_reference"] == "ACME-42-2")
            #expect(await sandbox.server.ledger.sales().count == 2)
        }
    }

    @Test("Codes that are taken: all reported, the first alone, in unclear words, as a conflict")
    func takenCodes() async throws {
        let unclear: JSONValue = ["items.0.code": ["The selected items.0.code is invalid."]]
        let cases: [(Set<Habit>, Int, JSONValue)] = [
            ([], 422, Self.taken(0, 1)), ([.firstTakenOnly], 422, Self.taken(0)),
            ([.takenConflict], 409, Self.taken(0, 1)),
            ([.unclearTaken, .firstTakenOnly], 422, unclear), ([.takenConflict, .firstTakenOnly], 409, Self.taken(0)),
        ]
        for (habits, status, errors) in cases {
            try await sandbox(habits) { sandbox async throws in
                #expect(try await sandbox.sell(VendorExamples.full).status == 200)
                let reply = try await sandbox.sell(VendorExamples.full)
                #expect(reply.status == status)
                #expect(try reply.json()["errors"] == errors)
                #expect(await sandbox.server.ledger.sales().count == 1)
                // What is wrong otherwise is refused as usual.
                let other = try await sandbox.sell(VendorExamples.sale(payment: "99"))
                #expect(other.status == 422)
                #expect(try other.json()["errors"]?["payment_method"] != nil)
            }
        }
    }

    @Test("An order that was refused keeps its codes, although no voucher has them")
    func refusedKeepsCodes() async throws {
        let wrong = VendorExamples.full.replacing(#""payment_method": 1"#, with: #""payment_method": 99"#)
        try await sandbox([.refusedKeepsCodes]) { sandbox async throws in
            #expect(try await sandbox.sell(wrong).json()["errors"]?["payment_method"] != nil)
            #expect(try await sandbox.sell(VendorExamples.full).json()["errors"] == Self.taken(0, 1))
            #expect(await sandbox.server.ledger.sales().isEmpty)
            #expect(try await lookUp("EXAMPLECODE1", sandbox) == 422)
        }
        try await sandbox([]) { sandbox async throws in
            #expect(try await sandbox.sell(wrong).status == 422)
            #expect(try await sandbox.sell(VendorExamples.full).status == 200)
        }
    }

    @Test("A stale answer is the one to the sale request before, while the sale itself is made")
    func staleAnswer() async throws {
        try await withSandbox { sandbox async throws in
            sandbox.server.queueFault(.habit(.staleAnswer), orderID: "2")
            let orders = ["1", "2", "3"].map { VendorExamples.sale(orderID: $0) }
            var replies: [JSONValue?] = []
            for order in orders { replies.append(try await sandbox.sell(order).json()["order_reference"]) }
            #expect(replies == ["ACME-1", "ACME-1", "ACME-3"])
            #expect(await sandbox.server.ledger.sales().map(\.orderReference) == ["ACME-1", "ACME-2", "ACME-3"])
        }
        try await sandbox([.staleAnswer]) { sandbox async throws in
            var replies: [JSONValue?] = []
            for order in ["1", "2", "3"] {
                replies.append(try await sandbox.sell(VendorExamples.sale(orderID: order)).json()["order_reference"])
            }
            #expect(replies == ["ACME-1", "ACME-1", "ACME-2"])
        }
    }

    @Test("Habits and prefix are changed while it runs, each alone, and a reset brings back those of the start")
    func admin() async throws {
        try await sandbox([.nestedAnswer]) { sandbox async throws in
            func change(_ body: String) async throws -> Int {
                try await sandbox.send(.POST, "/_sandbox/habits", headers: [], body).status
            }
            let listed = try await sandbox.send(.GET, "/_sandbox/habits", headers: []).json()
            #expect(listed["habits"] == ["nested_answer"] && listed["reference_prefix"] == "ACME-")
            for habit in Habit.allCases { #expect(listed["known"]?[habit.rawValue]?.text == habit.summary) }
            #expect(try await change(#"{"reference_prefix": "X-"}"#) == 200)
            #expect(
                try await sandbox.sell(VendorExamples.sale(orderID: "1")).json()["data"]?["order_reference"] == "X-1")
            #expect(try await change(#"{"habits": []}"#) == 200)
            #expect(try await sandbox.sell(VendorExamples.sale(orderID: "2")).json()["order_reference"] == "X-2")
            #expect(try await change(#"{"habits": ["order_id"]}"#) == 422)
            #expect(try await change(#"{"habits": "nested_answer"}"#) == 422)
            #expect(try await change(#"{"reference_prefix": 7}"#) == 422)
            #expect(try await change(#"{"reference_prefix": "\u0000"}"#) == 422)
            #expect(try await change("") == 422)
            #expect(try await sandbox.sell(VendorExamples.sale(orderID: "3")).json()["order_reference"] == "X-3")
            #expect(try await change(#"{"habits": ["reference_as_order_id"]}"#) == 200)
            #expect(try await sandbox.sell(VendorExamples.sale(orderID: "4")).json()["order_id"] == "X-4")
            #expect(try await sandbox.send(.DELETE, "/_sandbox", headers: []).status == 200)
            #expect(
                try await sandbox.sell(VendorExamples.sale(orderID: "5")).json()["data"]?["order_reference"] == "ACME-5"
            )
        }
    }

    @Test("Every habit can strike one request by its name, and is gone with the next", arguments: Habit.allCases)
    func asFault(habit: Habit) async throws {
        try await withSandbox { sandbox async throws in
            let fault = #"{"fault": "\#(habit.rawValue)"}"#
            #expect(try await sandbox.send(.POST, "/_sandbox/faults", headers: [], fault).status == 200)
            _ = try await sandbox.sell(VendorExamples.full)
            #expect(try await sandbox.onlyRequest().fault == .habit(habit))
            let next = try await sandbox.sell(VendorExamples.sale(orderID: "7")).json()
            #expect(next["order_reference"] == "ACME-7")
        }
    }
}
