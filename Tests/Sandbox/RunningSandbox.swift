import AsyncHTTPClient
import Logging
import NIOCore
import NIOHTTP1
import Testing

@testable import Sandbox

/// A sandbox on a free port and a client for it.
struct RunningSandbox: Sendable {
    /// An answer, read to its end.
    struct Reply: Sendable {
        let status: Int
        let headers: HTTPHeaders
        let body: ByteBuffer

        var text: String { String(buffer: body) }

        func json() throws -> JSONValue {
            try JSONParser.parse(Array(body.readableBytesView))
        }

        func header(_ name: String) -> String? {
            headers.first(name: name)
        }
    }

    let server: SandboxServer
    let port: Int
    let client: HTTPClient

    static let vendorHeaders = [
        ("Smart-Auth", "sk_sandbox"), ("Accept", "application/json"), ("Content-Type", "application/json"),
    ]

    /// Sends one request and reads the whole answer; throws what the client throws where the connection is cut.
    func send(
        _ method: HTTPMethod,
        _ path: String,
        headers: [(String, String)] = vendorHeaders,
        _ body: String? = nil,
        timeout: TimeAmount = .seconds(20)
    ) async throws -> Reply {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        request.method = method
        request.headers = HTTPHeaders(headers)
        if let body { request.body = .bytes(ByteBuffer(string: body)) }
        let response = try await client.execute(request, timeout: timeout)
        let collected = try await response.body.collect(upTo: 8 * 1024 * 1024)
        return Reply(status: Int(response.status.code), headers: response.headers, body: collected)
    }

    /// Sends one sale; see ``send(_:_:headers:_:timeout:)``.
    func sell(
        headers: [(String, String)] = vendorHeaders,
        _ body: String,
        timeout: TimeAmount = .seconds(20)
    ) async throws -> Reply {
        try await send(.POST, "/pos-sale", headers: headers, body, timeout: timeout)
    }

    /// Announces a body one byte longer than it is, sends it, and goes away.
    func breakOff(_ body: String) async {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)/pos-sale")
        request.method = .POST
        request.headers = HTTPHeaders(Self.vendorHeaders)
        request.body = .stream(BreakingBody(text: body), length: .known(Int64(body.utf8.count + 1)))
        do {
            _ = try await client.execute(request, timeout: .seconds(20))
            Issue.record("a request that broke off was answered")
        } catch {
            #expect(error is BreakingBody.End)
        }
    }

    /// The one request that the log should hold after a test's single sending.
    func onlyRequest() async throws -> RequestRecord {
        let requests = await server.ledger.requests()
        #expect(requests.count == 1)
        return try #require(requests.first)
    }
}

/// A body that breaks off behind its only chunk.
struct BreakingBody: AsyncSequence, Sendable {
    struct End: Error {}

    struct AsyncIterator: AsyncIteratorProtocol {
        var text: String?

        mutating func next() async throws -> ByteBuffer? {
            defer { text = nil }
            guard let text else { throw End() }
            return ByteBuffer(string: text)
        }
    }

    let text: String

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(text: text)
    }
}

/// Runs a sandbox for the time of a test.
func withSandbox(
    _ configuration: SandboxConfiguration = SandboxConfiguration(rateLimit: nil),
    _ test: @Sendable (RunningSandbox) async throws -> Void
) async throws {
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
    var logger = Logger(label: "sandbox")
    logger.logLevel = .error
    let server = SandboxServer(configuration: configuration, logger: logger) { port in continuation.yield(port) }
    var settings = HTTPClient.Configuration(redirectConfiguration: .disallow)
    // One sending is one request: a retry below the test would hide what a fault did.
    settings.connectionPool.retryConnectionEstablishment = false
    let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            defer { continuation.finish() }
            try await server.run()
        }
        do {
            for await port in ports {
                try await test(RunningSandbox(server: server, port: port, client: client))
                break
            }
        } catch {
            try await client.shutdown()
            group.cancelAll()
            throw error
        }
        try await client.shutdown()
        group.cancelAll()
        while let result = await group.nextResult() {
            // A cancelled service group ends with a CancellationError.
            if case .failure(let error) = result, !(error is CancellationError) { throw error }
        }
    }
}

/// The two request bodies of the vendor's page `sales/create-order`.
enum VendorExamples {
    /// Two vouchers with chosen codes, a full customer, nulls in delivery.
    static let full = """
        {
            "items": [
                {"id": 1, "price": 100.00, "to": "Recipient #1", "from": "Sender",
                 "message": "Here is an example voucher for you to enjoy!", "code": "EXAMPLECODE1"},
                {"id": 1, "price": 100.00, "from": "Recipient #2", "to": "Sender",
                 "message": "Here is an example voucher for you to enjoy!", "code": "EXAMPLECODE2"}
            ],
            "customer": {
                "first_name": "John", "last_name": "Smith", "email": "customer@example.com",
                "address1": "Bank Chambers", "address2": "High Street", "postcode": "NP11 4EY",
                "town": "Newbridge", "county": "Newport"
            },
            "delivery": {
                "method": 1, "email": "recipient@example.com", "date": null, "town": null, "county": null,
                "address1": null, "address2": null, "postcode": null, "last_name": null, "first_name": null
            },
            "payment_method": 1,
            "order_id": "123"
        }
        """

    /// The short form; the page's own text has two trailing commas, which no JSON parser may accept.
    static let short = """
        {
            "items": [{"id": 1, "price": 100.00}],
            "customer": {"email": "customer@example.com"},
            "delivery": {"method": 1, "email": "recipient@example.com"},
            "payment_method": 1
        }
        """

    /// A sale of one voucher at 100.10, with parts of it exchanged.
    static func sale(
        items: String = #"[{"id": 1, "price": 100.10}]"#,
        customer: String = #"{"email": "customer@example.com"}"#,
        delivery: String = #"{"method": 1, "email": "recipient@example.com"}"#,
        payment: String = "1",
        more: String = ""
    ) -> String {
        """
        {"items": \(items), "customer": \(customer), "delivery": \(delivery), "payment_method": \(payment)\(more)}
        """
    }

    /// A sale with an order id.
    static func sale(orderID: String) -> String {
        sale(more: #", "order_id": "\#(orderID)""#)
    }
}
