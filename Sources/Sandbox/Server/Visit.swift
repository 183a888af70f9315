import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore

/// One request to a vendor's path with its whole body, as the desk looks at it.
struct Visit {
    /// What a body turns out to be.
    enum Body {
        case json(JSONValue)
        case malformed(JSONSyntaxError)
        /// Cut off at ``SandboxConfiguration/largestBody``.
        case tooLarge
    }

    let head: HTTPRequest
    let path: String
    let body: Body
    /// The body as it came; nil where it is too large.
    let rawBody: ByteBuffer?
    let receivedAt: Double

    init(request: Request, rawBody: ByteBuffer?, receivedAt: Double) {
        head = request.head
        path = request.uri.path
        self.rawBody = rawBody
        self.receivedAt = receivedAt
        guard let rawBody else {
            body = .tooLarge
            return
        }
        do {
            body = .json(try JSONParser.parse(Array(rawBody.readableBytesView)))
        } catch {
            body = .malformed(error)
        }
    }

    /// The key that the request carries, which must not get into any record or log.
    var key: String? {
        head.headerFields[.smartAuth]
    }

    /// `order_id`, where there is one.
    var orderID: String? {
        if case .json(let value) = body { value["order_id"]?.text } else { nil }
    }

    /// Whether errors are to be JSON: Laravel looks at what the first accepted type says.
    var acceptsJSON: Bool {
        let first = head.headerFields[.accept]?.split(separator: ",").first ?? ""
        return first.lowercased().contains("/json") || first.lowercased().contains("+json")
    }

    /// Whether the body is called JSON.
    var isCalledJSON: Bool {
        let type = head.headerFields[.contentType]?.split(separator: ";").first ?? ""
        return type.lowercased().filter { !$0.isWhitespace } == "application/json"
    }

    private static let keptHeaders: Set<String> = [
        "accept", "content-type", "content-length", "transfer-encoding", "connection", "user-agent", "expect",
    ]

    private static func text(_ body: ByteBuffer) -> String? {
        body.readableBytes == 0 ? nil : String(decoding: body.readableBytesView, as: UTF8.self)
    }

    /// The entry of this request in the log.
    func record(key: RequestRecord.Key, clientPort: Int, isComplete: Bool = true) -> RequestRecord {
        var headers: [String: String] = [:]
        for field in head.headerFields where Self.keptHeaders.contains(field.name.canonicalName) {
            headers[field.name.canonicalName] = field.value
        }
        headers["host"] = head.authority
        return RequestRecord(
            sequence: 0,
            receivedAt: receivedAt,
            method: head.method.rawValue,
            path: head.path ?? path,
            headerNames: (head.authority == nil ? [] : ["Host"]) + head.headerFields.map(\.name.rawName),
            headers: headers,
            key: key,
            clientPort: clientPort,
            isComplete: isComplete,
            body: rawBody.flatMap(Self.text),
            orderID: orderID
        )
    }
}

extension HTTPField.Name {
    static let smartAuth = literal("Smart-Auth")
    static let rateLimit = literal("X-RateLimit-Limit")
    static let rateLimitRemaining = literal("X-RateLimit-Remaining")
    static let rateLimitReset = literal("X-RateLimit-Reset")

    private static func literal(_ name: String) -> Self {
        guard let name = Self(name) else { preconditionFailure("not a header's name: \(name)") }
        return name
    }
}

/// The time of day, as the ledger and the rate limit's headers need it.
enum WallClock {
    /// Unix seconds with a fraction.
    static var now: Double {
        Date().timeIntervalSince1970
    }
}
