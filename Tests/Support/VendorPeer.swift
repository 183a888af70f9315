import AsyncHTTPClient
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1

/// The sandbox as a process of its own, and its ledger over HTTP: what the vendor really sold.
public struct VendorPeer: Sendable {
    public let url: String
    public let process: RunningProcess
    public static let key = "sk_test_0123456789"

    /// Runs a sandbox while `body` runs.
    ///
    /// - Parameter arguments: More arguments for `giftbridge sandbox`.
    public static func run<Value: Sendable>(
        _ arguments: [String] = ["--rate-limit", "0"], _ body: @Sendable @escaping (VendorPeer) async throws -> Value
    ) async throws -> Value {
        let all = ["sandbox", "--port", "0", "--key", key] + arguments
        return try await RunningProcess.run(all) { process in
            let line = try await process.line(containing: "http://127.0.0.1:")
            guard let start = line.range(of: "http://"), let end = line[start.upperBound...].firstIndex(of: ";") else {
                throw TimedOut(what: "the sandbox's address in: \(line)")
            }
            return try await body(VendorPeer(url: String(line[start.lowerBound..<end]), process: process))
        }.value
    }

    /// A sale in the ledger.
    public struct Sale: Decodable, Sendable {
        public struct Item: Decodable, Sendable {
            public let id: Int
            public let price: String
            public let code: String
            public let to: String?
            public let from: String?
            public let message: String?
        }
        public let order_id: String?
        public let order_reference: String
        public let renamed: Bool
        public let items: [Item]
    }

    /// A request in the log.
    public struct Request: Decodable, Sendable {
        public let time: Double
        public let method: String
        public let path: String
        public let headers: [String: String]
        public let key: String
        public let order_id: String?
        public let status: Int?
        public let fault: String?
        public let sold: Bool
        public let body: String?
    }

    public func sales() async throws -> [Sale] { try await get("sales") }

    public func requests() async throws -> [Request] { try await get("requests") }

    /// Makes something go wrong with the next sale requests, or with those of one order.
    public func fault(_ name: String, orderID: String? = nil, times: Int = 1) async throws {
        var fields: [String: Any] = ["fault": name, "times": times]
        fields["order_id"] = orderID
        try await post("faults", fields)
    }

    /// Accepts another key from now on.
    public func accept(key: String) async throws {
        try await post("key", ["key": key])
    }

    private func get<Value: Decodable>(_ page: String) async throws -> Value {
        let response = try await HTTPClient.shared.execute(
            HTTPClientRequest(url: "\(url)/_sandbox/\(page)"), timeout: .seconds(20))
        let body = try await response.body.collect(upTo: 256 * 1024 * 1024)
        // The pages wrap their list as the vendor does.
        let json = try JSONSerialization.jsonObject(with: Data(buffer: body))
        let list = (json as? [String: Any])?["data"] ?? json
        return try JSONDecoder().decode(Value.self, from: JSONSerialization.data(withJSONObject: list))
    }

    private func post(_ page: String, _ fields: [String: Any]) async throws {
        var request = HTTPClientRequest(url: "\(url)/_sandbox/\(page)")
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.body = .bytes(ByteBuffer(data: try JSONSerialization.data(withJSONObject: fields)))
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
        guard (200..<300).contains(response.status.code) else { throw TimedOut(what: "\(page): HTTP \(response.status.code)") }
    }
}
