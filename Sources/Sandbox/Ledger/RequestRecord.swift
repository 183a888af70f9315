/// A request that reached the sandbox: one entry of its request log. The secret key is never in it.
struct RequestRecord: Sendable, Equatable {
    /// What `Smart-Auth` carried.
    enum Key: String, Sendable {
        /// The accepted key.
        case matched
        /// Another one.
        case wrong
        /// None.
        case missing
    }

    /// 1 for the first request since the start or the last reset, then one more each.
    var sequence: Int
    /// When its head and body had arrived, in Unix seconds with a fraction.
    let receivedAt: Double
    /// When its answer was decided (a fault may then withhold it); nil: not yet.
    var answeredAt: Double?
    /// The method, e.g. `POST`.
    let method: String
    /// The path with its query, as sent.
    let path: String
    /// Every header's name as sent, in order.
    var headerNames: [String]
    /// The values of the headers that matter: accept, content-type, content-length, transfer-encoding, connection,
    /// user-agent, host, expect; lower-case names.
    var headers: [String: String]
    /// What `Smart-Auth` carried.
    let key: Key
    /// The client's port: requests on one connection share it. 0 where unknown.
    let clientPort: Int
    /// Whether the whole body arrived; false: the connection ended in mid-request, and nothing was looked at.
    let isComplete: Bool
    /// The exact body as text; nil where none came, or where it is no longer kept.
    var body: String?
    /// `order_id`, where the body is JSON and has one.
    var orderID: String?
    /// The status answered; nil: none yet, or none at all because a fault cut the connection.
    var status: Int?
    /// The fault that struck.
    var fault: FaultKind?
    /// The ``Sale/sequence`` of the sale it made; nil: none.
    var sale: Int?
}

extension RequestRecord {
    /// Takes the header lists of an earlier record where they are equal: a client's requests look alike, and 200,000
    /// copies would be most of the ledger's memory.
    mutating func shareHeaders(with earlier: RequestRecord?) {
        guard let earlier else { return }
        if headerNames == earlier.headerNames { headerNames = earlier.headerNames }
        if headers == earlier.headers { headers = earlier.headers }
    }

    /// This record as `GET /_sandbox/requests` shows it.
    var json: JSONValue {
        [
            "sequence": .integer(sequence),
            "time": .unixSeconds(receivedAt),
            "answered": answeredAt.map { .unixSeconds($0) } ?? .null,
            "method": .string(method),
            "path": .string(path),
            "header_names": .array(headerNames.map { .string($0) }),
            "headers": .object(
                headers.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, .string($0.value)) }
            ),
            "key": .string(key.rawValue),
            "client_port": .integer(clientPort),
            "complete": .bool(isComplete),
            "order_id": .optional(orderID),
            "status": .optional(status),
            "fault": .optional(fault?.name),
            "sold": .bool(sale != nil),
            "sale": .optional(sale),
            "body": .optional(body),
        ]
    }
}
