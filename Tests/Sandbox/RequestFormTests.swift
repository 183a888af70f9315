import NIOCore
import NIOHTTP1
import TestSupport
import Testing

@testable import Sandbox

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
