import NIOCore
import NIOHTTP1
import TestSupport
import Testing

@testable import Sandbox

@Suite("The sandbox's sales over HTTP")
struct VendorDeskTests {
    @Test("The vendor's full example is sold, with its reference and codes, and stands in the ledger")
    func fullExampleIsSold() async throws {
        try await withSandbox { sandbox async throws in
            let reply = try await sandbox.sell(VendorExamples.full)
            #expect(reply.status == 200)
            #expect(reply.header("Content-Type") == "application/json")
            #expect(
                reply.text
                    == #"{"message":"Order processed successfully!","order_reference":"ACME-123","#
                    + #""voucher_codes":["EXAMPLECODE1","EXAMPLECODE2"]}"#
            )
            let sale = try #require(await sandbox.server.ledger.sales().first)
            #expect(sale.orderID == "123")
            #expect(sale.voucherCodes == ["EXAMPLECODE1", "EXAMPLECODE2"])
            #expect(sale.items[0].price == "100.00")
            let request = try await sandbox.onlyRequest()
            #expect(request.body == VendorExamples.full)
            #expect(request.sale == 1)
            #expect(request.status == 200)
            #expect(request.key == .matched)
        }
    }

    @Test("The short example gets a made code and a made reference")
    func shortExampleIsSold() async throws {
        try await withSandbox { sandbox async throws in
            let reply = try await sandbox.sell(VendorExamples.short).json()
            let sale = try #require(await sandbox.server.ledger.sales().first)
            #expect(reply == sale.receipt)
            #expect(sale.orderReference == "ACME-SG-1")
            #expect(!sale.items[0].isCodeChosen)
        }
    }

    @Test("A second sale under one order id is renamed; a second sale with one code is refused")
    func secondSending() async throws {
        try await withSandbox { sandbox async throws in
            let body = VendorExamples.sale(orderID: "42")
            #expect(try await sandbox.sell(body).json()["order_reference"] == "ACME-42")
            #expect(try await sandbox.sell(body).json()["order_reference"] == "ACME-42-2")
            #expect(try await sandbox.sell(VendorExamples.full).status == 200)
            let refused = try await sandbox.sell(VendorExamples.full)
            #expect(refused.status == 422)
            #expect(
                try refused.json() == [
                    "message": "The items.0.code has already been taken. (and 1 more error)",
                    "errors": [
                        "items.0.code": ["The items.0.code has already been taken."],
                        "items.1.code": ["The items.1.code has already been taken."],
                    ],
                ]
            )
            let summary = await sandbox.server.summary()
            #expect((summary.sales, summary.renamed, summary.refused) == (3, 1, 1))
        }
    }

    @Test("A hundred sendings of one code at once make one sale")
    func oneCodeOneSale() async throws {
        try await withSandbox { sandbox async throws in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<100 { group.addTask { try await sandbox.sell(VendorExamples.full).status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.count { $0 == 200 } == 1)
            #expect(statuses.count { $0 == 422 } == 99)
        }
    }

    @Test("Vouchers and payment methods are listed as the vendor lists them")
    func lists() async throws {
        try await withSandbox { sandbox async throws in
            let vouchers = try await sandbox.send(.GET, "/vouchers").json()
            guard case .array(let list)? = vouchers["data"] else { return #expect(Bool(false), "no list") }
            #expect(list.map { $0["id"] } == [1, 2, 3, 4, 5, 6, 7])
            #expect(list[1]["min"] == "10.00")
            #expect(list[1]["increments"] == "5.00")
            #expect(list[3]["value"] == "120.00")
            #expect(list[3]["persons_max"] == 8)
            #expect(list[6]["status"] == "at_counter_only")
            let methods = try await sandbox.send(.GET, "/payment-methods").json()
            #expect(
                methods == [
                    "data": [
                        ["id": 1, "name": "Card"], ["id": 2, "name": "Cash"], ["id": 3, "name": "Account"],
                    ]
                ]
            )
        }
    }

    @Test(
        "A voucher is looked up by its number and the company's site",
        arguments: [
            (#"{"voucher_no": "EXAMPLECODE2", "site_id": 1}"#, 200, "data"),
            (#"{"voucher_no": "NOSUCHCODE", "site_id": 1}"#, 422, "voucher_no"),
            (#"{"voucher_no": "EXAMPLECODE2", "site_id": 2}"#, 422, "site_id"),
            (#"{"site_id": 1}"#, 422, "voucher_no"),
            (#"{"voucher_no": 5, "site_id": "1"}"#, 422, "site_id"),
        ]
    )
    func redeemCheck(body: String, status: Int, field: String) async throws {
        try await withSandbox { sandbox async throws in
            #expect(try await sandbox.sell(VendorExamples.full).status == 200)
            let reply = try await sandbox.send(.POST, "/redeem/check", body)
            #expect(reply.status == status)
            let json = try reply.json()
            #expect((json["errors"] ?? json)[field] != nil)
            #expect(await sandbox.server.ledger.sales().count == 1)
        }
    }

    @Test("Over the rate limit the answer is 429 before key and rules are looked at, with all headers")
    func rateLimit() async throws {
        try await withSandbox(SandboxConfiguration(rateLimit: 2, rateWindow: .seconds(600))) { sandbox async throws in
            let first = try await sandbox.sell(VendorExamples.short)
            let second = try await sandbox.send(.GET, "/vouchers")
            let third = try await sandbox.sell(VendorExamples.short)
            #expect([first, second, third].map(\.status) == [200, 200, 429])
            #expect([first, second, third].map { $0.header("X-RateLimit-Limit") } == ["2", "2", "2"])
            #expect([first, second, third].map { $0.header("X-RateLimit-Remaining") } == ["1", "0", "0"])
            let reset = try #require(first.header("X-RateLimit-Reset").flatMap { Double($0) })
            #expect(abs(reset - (WallClock.now + 600)) < 60)
            #expect(third.header("X-RateLimit-Reset") == first.header("X-RateLimit-Reset"))
            #expect(third.header("Retry-After").flatMap { Int($0) }.map { (540...600).contains($0) } == true)
            #expect(try third.json() == ["message": "Too Many Attempts."])
            let other = RunningSandbox.vendorHeaders.dropFirst() + [("Smart-Auth", "sk_other")]
            #expect(try await sandbox.sell(headers: Array(other), VendorExamples.short).status == 401)
            let summary = await sandbox.server.summary()
            #expect((summary.requests, summary.throttled, summary.mostRequestsInWindow) == (4, 1, 3))
            #expect(summary.sales == 1)
        }
    }

    @Test("Without a rate limit there are no such headers")
    func noRateLimit() async throws {
        try await withSandbox { sandbox async throws in
            #expect(try await sandbox.sell(VendorExamples.short).header("X-RateLimit-Limit") == nil)
        }
    }

    @Test("A latency is waited before the sale")
    func latency() async throws {
        let latency = Latency.between(.milliseconds(200)...(.milliseconds(300)))
        try await withSandbox(SandboxConfiguration(rateLimit: nil, latency: latency)) { sandbox async throws in
            let start = ContinuousClock.now
            #expect(try await sandbox.sell(VendorExamples.short).status == 200)
            #expect(ContinuousClock.now - start >= .milliseconds(200))
            let sale = try #require(await sandbox.server.ledger.sales().first)
            #expect(sale.soldAt - (try await sandbox.onlyRequest()).receivedAt >= 0.199)
        }
    }
}

@Suite("The form of requests to the sandbox")
struct RequestFormTests {
    @Test(
        "A wrong or missing key gets 401, and the key is in no record",
        arguments: [("sk_wrong", RequestRecord.Key.wrong), (nil, RequestRecord.Key.missing)]
            as [(String?, RequestRecord.Key)]
    )
    func wrongKey(key: String?, verdict: RequestRecord.Key) async throws {
        try await withSandbox { sandbox async throws in
            let headers = RunningSandbox.vendorHeaders.dropFirst() + (key.map { [("Smart-Auth", $0)] } ?? [])
            let reply = try await sandbox.sell(headers: Array(headers), VendorExamples.full)
            #expect(reply.status == 401)
            #expect(try reply.json() == ["message": "Unauthenticated."])
            let request = try await sandbox.onlyRequest()
            #expect(request.key == verdict)
            #expect(request.sale == nil)
            #expect(!String(decoding: request.json.bytes, as: UTF8.self).contains("sk_"))
        }
    }

    @Test(
        "Without Accept: application/json errors are HTML pages, successes JSON",
        arguments: [(nil, false), ("text/html, application/json", false), ("*/*", false), ("application/json", true)]
            as [(String?, Bool)]
    )
    func acceptDecidesTheErrorsForm(accept: String?, isJSON: Bool) async throws {
        try await withSandbox { sandbox async throws in
            let headers =
                RunningSandbox.vendorHeaders.filter { $0.0 != "Accept" } + (accept.map { [("Accept", $0)] } ?? [])
            let refused = try await sandbox.sell(headers: headers, "{}")
            #expect(refused.status == 422)
            #expect(refused.header("Content-Type")?.hasPrefix("application/json") == isJSON)
            #expect(refused.text.contains("<html") != isJSON)
            let sold = try await sandbox.sell(headers: headers, VendorExamples.short)
            #expect(sold.header("Content-Type") == "application/json")
        }
    }

    @Test(
        "What is no valid request is refused before the rules",
        arguments: [
            ("POST", "/pos-sale", "application/json", #"{"items": [}"#, 400),
            ("POST", "/pos-sale", "application/json", "", 400),
            ("POST", "/pos-sale", "application/json", "[]", 400),
            ("POST", "/pos-sale", "text/plain", "{}", 415),
            ("POST", "/pos-sale", "application/json; charset=utf-8", "{}", 422),
            ("POST", "/pos-sale/", "application/json", "{}", 404),
            ("POST", "/orders", "application/json", "{}", 404),
            ("GET", "/pos-sale", "application/json", nil, 405),
            ("POST", "/vouchers", "application/json", "{}", 405),
        ] as [(String, String, String, String?, Int)]
    )
    func invalidRequest(method: String, path: String, type: String, body: String?, status: Int) async throws {
        try await withSandbox { sandbox async throws in
            let headers = [("Smart-Auth", "sk_sandbox"), ("Accept", "application/json"), ("Content-Type", type)]
            let reply = try await sandbox.send(HTTPMethod(rawValue: method), path, headers: headers, body)
            #expect(reply.status == status)
            #expect(try reply.json()["message"]?.text?.isEmpty == false)
            #expect(await sandbox.server.ledger.sales().isEmpty)
        }
    }

    @Test("A body over the limit gets 413, and the connection goes on")
    func tooLargeBody() async throws {
        try await withSandbox(SandboxConfiguration(rateLimit: nil, largestBody: 1_000)) { sandbox async throws in
            let reply = try await sandbox.sell(
                VendorExamples.sale(more: #", "x": "\#(String(repeating: "x", count: 5_000))""#))
            #expect(reply.status == 413)
            #expect(try await sandbox.sell(VendorExamples.short).status == 200)
        }
    }

    @Test("A request that breaks off in its body is logged, counted for nothing, and not sold", .timeLimit(.minutes(1)))
    func brokenOffRequest() async throws {
        try await withSandbox(SandboxConfiguration(rateLimit: 1)) { sandbox async throws in
            try await sandbox.breakOff(VendorExamples.short)
            while await sandbox.server.ledger.requests().isEmpty { await Task.yield() }
            let record = try await sandbox.onlyRequest()
            #expect(!record.isComplete)
            #expect(record.key == .matched)
            #expect(record.sale == nil)
            #expect(try await sandbox.sell(VendorExamples.short).header("X-RateLimit-Remaining") == "0")
        }
    }

    @Test("Requests one after the other share a connection")
    func keepAlive() async throws {
        try await withSandbox { sandbox async throws in
            let sale = WebClient.Request(
                .POST, "/pos-sale", headers: HTTPHeaders(RunningSandbox.vendorHeaders),
                body: ByteBuffer(string: VendorExamples.short))
            let replies = try await WebClient.send(Array(repeating: sale, count: 5), to: sandbox.port)
            #expect(replies.map(\.status) == Array(repeating: 200, count: 5))
            let ports = await sandbox.server.ledger.requests().map(\.clientPort)
            #expect(ports.count == 5)
            #expect(Set(ports).count == 1)
        }
    }

    @Test("An address that is not loopback is refused at the start")
    func loopbackOnly() async throws {
        await #expect(throws: SandboxConfigurationError.self) {
            try await withSandbox(SandboxConfiguration(host: "0.0.0.0")) { _ in }
        }
    }
}
