import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import TestSupport
import Testing

@testable import Sandbox

/// A sandbox on a free port.
struct RunningSandbox: Sendable {
    typealias Reply = WebClient.Answer

    let server: SandboxServer
    let port: Int

    static let vendorHeaders = [
        ("Smart-Auth", "sk_sandbox"), ("Accept", "application/json"), ("Content-Type", "application/json"),
    ]

    /// Sends one request and reads the whole answer; throws what the client throws where the connection is cut.
    func send(
        _ method: HTTPMethod,
        _ path: String,
        headers: [(String, String)] = vendorHeaders,
        _ body: String? = nil,
        timeout: Duration = .seconds(20)
    ) async throws -> Reply {
        let request = WebClient.Request(
            method, path, headers: HTTPHeaders(headers), body: body.map { ByteBuffer(string: $0) })
        return try await WebClient.send(request, to: port, within: timeout)
    }

    /// Sends one sale; see ``send(_:_:headers:_:timeout:)``.
    func sell(
        headers: [(String, String)] = vendorHeaders,
        _ body: String,
        timeout: Duration = .seconds(20)
    ) async throws -> Reply {
        try await send(.POST, "/pos-sale", headers: headers, body, timeout: timeout)
    }

    /// Announces a body one byte longer than it is, sends it, and goes away.
    func breakOff(_ body: String) async throws {
        let headers = Self.vendorHeaders + [("Host", "127.0.0.1"), ("Content-Length", "\(body.utf8.count + 1)")]
        let lines = ["POST /pos-sale HTTP/1.1"] + headers.map { "\($0.0): \($0.1)" } + ["", body]
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port).get()
        try await channel.writeAndFlush(ByteBuffer(string: lines.joined(separator: "\r\n")))
        try await channel.close()
    }

    /// The one request that the log should hold after a test's single sending.
    func onlyRequest() async throws -> RequestRecord {
        let requests = await server.ledger.requests()
        #expect(requests.count == 1)
        return try #require(requests.first)
    }
}

extension WebClient.Answer {
    func json() throws -> JSONValue {
        try JSONParser.parse(Array(body.readableBytesView))
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
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            defer { continuation.finish() }
            try await server.run()
        }
        do {
            for await port in ports {
                try await test(RunningSandbox(server: server, port: port))
                break
            }
        } catch {
            group.cancelAll()
            throw error
        }
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
