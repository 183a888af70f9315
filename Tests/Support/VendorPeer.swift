import Foundation
import NIOCore
import NIOHTTP1

/// The sandbox as a process of its own, and its ledger over HTTP: what the vendor really sold.
package struct VendorPeer: Sendable {
    package let url: String
    package let process: RunningProcess
    package static let key = "sk_test_0123456789"

    /// Runs a sandbox while `body` runs.
    ///
    /// - Parameter arguments: More arguments for `giftbridge sandbox`.
    @discardableResult
    package static func run<Value: Sendable>(
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
    package struct Sale: Decodable, Sendable {
        package struct Item: Decodable, Sendable {
            package let id: Int
            package let price: String
            package let code: String
            package let to: String?
            package let from: String?
            package let message: String?
        }
        package let order_id: String?
        package let order_reference: String
        package let renamed: Bool
        package let items: [Item]
    }

    /// A request in the log.
    package struct Request: Decodable, Sendable {
        package let time: Double
        package let method: String
        package let path: String
        package let headers: [String: String]
        package let key: String
        package let order_id: String?
        package let status: Int?
        package let fault: String?
        package let sold: Bool
        package let body: String?
    }

    package func sales() async throws -> [Sale] { try await get("sales") }

    package func requests() async throws -> [Request] { try await get("requests") }

    /// Makes something go wrong with the next sale requests, or with those of one order.
    package func fault(_ name: String, orderID: String? = nil, times: Int = 1) async throws {
        var fields: [String: Any] = ["fault": name, "times": times]
        fields["order_id"] = orderID
        try await post("faults", fields)
    }

    /// Accepts another key from now on.
    package func accept(key: String) async throws {
        try await post("key", ["key": key])
    }

    private func get<Value: Decodable>(_ page: String) async throws -> Value {
        // The pages wrap their list as the vendor does.
        let json = try await self.page(page)
        let list = (json as? [String: Any])?["data"] ?? json
        return try JSONDecoder().decode(Value.self, from: JSONSerialization.data(withJSONObject: list))
    }

    /// The JSON of one of the sandbox's pages.
    package func page(_ name: String) async throws -> Any {
        let answer = try await WebClient.send(.init(.GET, "/_sandbox/\(name)"), to: port)
        return try JSONSerialization.jsonObject(with: Data(answer.body.readableBytesView))
    }

    /// Sends fields to one of the sandbox's pages.
    package func post(_ page: String, _ fields: [String: Any]) async throws {
        let status = try await post("/_sandbox/\(page)", fields, headers: [:])
        guard (200..<300).contains(status) else { throw TimedOut(what: "\(page): HTTP \(status)") }
    }

    /// Sends fields as JSON.
    ///
    /// - Returns: The HTTP status.
    package func post(_ path: String, _ fields: [String: Any], headers: [String: String]) async throws -> Int {
        let body = ByteBuffer(bytes: try JSONSerialization.data(withJSONObject: fields))
        let headers = HTTPHeaders([("Content-Type", "application/json")] + headers.map { ($0.key, $0.value) })
        return try await WebClient.send(.init(.POST, path, headers: headers, body: body), to: port).status
    }

    private var port: Int { Int(url.split(separator: ":").last ?? "") ?? 0 }
}
