import HTTPTypes

/// What the sandbox wants to answer, before any fault has its way with it.
struct Answer: Sendable {
    var status: Int
    var contentType: String
    var body: [UInt8]
    var headers: HTTPFields = [:]
    /// The sale that this answer reports.
    var sale: Sale?

    /// JSON with a status of success.
    static func json(_ value: JSONValue, status: Int = 200, sale: Sale? = nil) -> Answer {
        Answer(status: status, contentType: "application/json", body: value.bytes, sale: sale)
    }

    /// An HTML page, as a framework or a proxy shows one to browsers.
    static func html(_ title: String, status: Int) -> Answer {
        let page = """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><title>\(title)</title></head>
            <body><h1>\(title)</h1></body></html>

            """
        return Answer(status: status, contentType: "text/html; charset=UTF-8", body: Array(page.utf8))
    }

    /// Plain text.
    static func text(_ text: String) -> Answer {
        Answer(status: 200, contentType: "text/plain; charset=UTF-8", body: Array(text.utf8))
    }

    /// An error: JSON for a client that accepts JSON, else an HTML page, as the vendor's page says.
    static func error(_ status: Int, _ message: String, acceptsJSON: Bool) -> Answer {
        acceptsJSON ? .json(["message": .string(message)], status: status) : .html(message, status: status)
    }

    /// A 422 (or another status) with every error.
    static func refusal(_ errors: ValidationErrors, status: Int = 422, acceptsJSON: Bool) -> Answer {
        acceptsJSON ? .json(errors.json, status: status) : .html("Unprocessable Content", status: status)
    }
}

extension Answer {
    /// What a fault of a status answers: gateways' statuses as an HTML page, a redirect with a `Location`, a 422 with
    /// an odd body, all others as the vendor's JSON.
    static func fault(status: Int) -> Answer {
        switch status {
        case 301, 302, 307, 308:
            var answer = html("Redirecting", status: status)
            // To the sandbox itself: a client that follows it shows up in the ledger.
            answer.headers[.location] = "/pos-sale?redirected=1"
            return answer
        case 422:
            // PHP writes an empty list where an object belongs.
            return json(["message": "The given data was invalid.", "errors": []], status: status)
        case 429:
            var answer = json(["message": "Too Many Attempts."], status: status)
            answer.headers[.retryAfter] = "1"
            return answer
        case 502, 503, 504:
            return html(reason(status), status: status)
        default:
            return json(["message": .string(reason(status))], status: status)
        }
    }

    private static func reason(_ status: Int) -> String {
        switch status {
        case 400: "Bad Request"
        case 401: "Unauthenticated."
        case 403: "Forbidden"
        case 404: "Not Found"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 418: "I'm a teapot"
        case 425: "Too Early"
        case 500: "Server Error"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        default: "Error"
        }
    }

    /// This answer as a fault spoils it after the request was processed.
    func spoiled(by fault: FaultKind) -> Answer {
        var answer = self
        switch fault {
        case .processedThen(let status):
            answer = .fault(status: status)
        case .empty200:
            answer = Answer(status: 200, contentType: "application/json", body: [])
        case .garbage200:
            let noise = (0..<256).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ 129) }
            answer = Answer(status: 200, contentType: "application/json", body: noise)
        case .truncatedJSON200:
            answer = Answer(status: 200, contentType: "application/json", body: Array(body.prefix(body.count / 2)))
        case .html200:
            answer = .html("Smart Gift", status: 200)
        case .huge200:
            answer = .json(receipt())
            answer.body.insert(contentsOf: [UInt8](repeating: UInt8(ascii: " "), count: 2 << 20), at: 0)
        case .wrongCodesCount:
            answer = .json(receipt(droppingLastCode: true))
        case .missingReference:
            answer = .json(receipt(leavingOut: "order_reference"))
        case .wrongContentType:
            answer.contentType = "text/html; charset=UTF-8"
        default:
            break
        }
        answer.sale = sale
        return answer
    }

    private func receipt(leavingOut name: String? = nil, droppingLastCode: Bool = false) -> JSONValue {
        let receipt = sale?.receipt ?? ["message": "Order processed successfully!"]
        guard case .object(let members) = receipt else { return receipt }
        let kept = members.filter { $0.name != name }.map { member in
            guard droppingLastCode, case .array(let codes) = member.value else { return member }
            return JSONValue.Member(member.name, .array(codes.dropLast()))
        }
        return .object(kept)
    }
}
