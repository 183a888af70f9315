import Foundation
import NIOCore
import NIOHTTP1

/// The HTTP face of a running worker, as a monitor or a browser sees it.
package struct StatusFace: Sendable {
    /// Without a slash at the end.
    package let url: String
    package let port: Int

    /// What a worker has to be told so that it has one.
    package static let settings = ["GIFTBRIDGE_HTTP_ADDRESS": "127.0.0.1:0"]

    /// The face that a worker says it has.
    package init(of process: RunningProcess) async throws {
        let line = try await process.line(containing: "Status page is available.")
        guard let match = line.firstMatch(of: /http:\/\/127\.0\.0\.1:\d+/) else {
            throw TimedOut(what: "the status page's address in: \(line)")
        }
        url = String(match.output)
        port = Int(url.split(separator: ":").last ?? "") ?? 0
    }

    package typealias Answer = WebClient.Answer

    /// Asks for a page; redirects are not followed.
    package func get(_ path: String, headers: [String: String] = [:]) async throws -> Answer {
        try await ask(.GET, path, headers: headers, body: nil)
    }

    /// Sends a form.
    package func post(_ path: String, _ form: [String: String], headers: [String: String] = [:]) async throws -> Answer
    {
        let body = form.map { "\(Self.encoded($0.key))=\(Self.encoded($0.value))" }.joined(separator: "&")
        let type = ["Content-Type": "application/x-www-form-urlencoded"]
        return try await ask(.POST, path, headers: type.merging(headers) { _, new in new }, body: body)
    }

    private func ask(_ method: HTTPMethod, _ path: String, headers: [String: String], body: String?) async throws
        -> Answer
    {
        let request = WebClient.Request(
            method, path, headers: HTTPHeaders(headers.map { ($0.key, $0.value) }),
            body: body.map { ByteBuffer(string: $0) })
        return try await WebClient.send(request, to: port, within: .seconds(30))
    }

    private static func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }

    /// A sample of `/metrics`, by its name with labels as it stands there; nil: there is none.
    package func metric(_ sample: String) async throws -> Double? {
        let lines = try await get("/metrics").text.split(separator: "\n")
        return lines.first { $0.hasPrefix(sample + " ") }.flatMap { Double($0.dropFirst(sample.count + 1)) }
    }

    /// Waits until a condition on a page holds.
    @discardableResult
    package func wait(
        for path: String, within bound: Duration = .seconds(30), until isRight: (Answer) -> Bool
    ) async throws -> Answer {
        let deadline = ContinuousClock.now + bound
        var last: Answer?
        while ContinuousClock.now < deadline {
            let answer = try await get(path)
            if isRight(answer) { return answer }
            last = answer
            try await Task.sleep(for: .milliseconds(50))
        }
        throw TimedOut(what: "\(path), last \(last?.status ?? 0) \(last?.text ?? "")")
    }
}
