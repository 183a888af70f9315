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
