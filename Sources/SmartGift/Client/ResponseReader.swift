/// The head of a response, as far as anything here reads it. Of a repeated header the first counts.
struct ResponseHead: Equatable {
    var status = 0
    var isHTTP10 = false
    var contentLength: Int?
    var isChunked = false
    /// `Connection: close`, and `Connection: keep-alive`.
    var closes = false
    var keepsAlive = false
    /// Seconds after which the vendor closes an idle connection (`Keep-Alive: timeout=…`).
    var keepAliveTimeout: Int?
    var retryAfter: String?
    var rateLimit: String?
    var rateLimitRemaining: String?
    var rateLimitReset: String?
    /// Unix seconds.
    var date: Double?
    var location: String?
}

/// Finds one HTTP/1.1 response in bytes, and knows to the byte where it ends. Pure.
///
/// A general decoder swallows what follows a response, if only a piece of a head, and the next request's answer would begin
/// with it. This reader stops at the last byte of the response and says whether more came. It is strict: what it does not
/// understand is an error, and the sale is in doubt.
struct ResponseReader {
    enum Progress: Equatable {
        case incomplete
        /// The response is whole; more bytes than it has came with it.
        case complete(leftOver: Bool)
        /// One readable sentence without data.
        case invalid(String)
    }

    private enum State: Equatable {
        case statusLine, headerLine, chunkLine, chunkEnd, trailerLine
        /// Bytes of the body that are still to come.
        case body(Int)
        case chunk(Int)
        /// The body ends with the connection.
        case bodyToTheEnd
        case complete
        case invalid(String)
    }

    /// The longest head, with interim responses and trailers, in bytes.
    private static let longestHead = 64 * 1024

    private(set) var head = ResponseHead()
    private(set) var body: [UInt8] = []
    /// The body is longer than the limit; the rest is not read.
    private(set) var isTruncated = false
    private let limit: Int
    private var state = State.statusLine
    /// The line that is being read, without its end.
    private var line: [UInt8] = []
    private var headSize = 0
    private var endsWithConnection = false

    /// - Parameter limit: The longest body that is read, in bytes.
    init(limit: Int) { self.limit = limit }

    /// How long the connection may be idle after this response.
    var keepAlive: VendorPool.KeepAlive {
        if endsWithConnection || isTruncated || head.closes || (head.isHTTP10 && !head.keepsAlive) { return .no }
        return head.keepAliveTimeout.map { .seconds($0) } ?? .open
    }

    /// Reads bytes that came.
    mutating func read(_ bytes: UnsafeRawBufferPointer) -> Progress {
        var rest = bytes[...]
        while true {
            switch state {
            case .complete: return .complete(leftOver: !rest.isEmpty)
            case .invalid(let reason): return .invalid(reason)
            case _ where rest.isEmpty: return .incomplete
            case .body(let missing):
                let count = take(missing, of: &rest)
                state = missing == count ? .complete : .body(missing - count)
            case .chunk(let missing):
                let count = take(missing, of: &rest)
                state = missing == count ? .chunkEnd : .chunk(missing - count)
            case .bodyToTheEnd:
                take(rest.count, of: &rest)
            case .statusLine, .headerLine, .chunkLine, .chunkEnd, .trailerLine:
                if takeLine(of: &rest) {
                    readLine()
                    line.removeAll(keepingCapacity: true)
                }
            }
            if isTruncated { state = .complete }
        }
    }

    /// The connection has ended.
    mutating func end() -> Progress {
        switch state {
        case .complete, .bodyToTheEnd: .complete(leftOver: false)
        case .statusLine where line.isEmpty && headSize == 0:
            .invalid("The vendor closed the connection without an answer.")
        default: .invalid("The vendor closed the connection before its answer was complete.")
        }
    }

    /// Moves the body out.
    mutating func takeBody() -> [UInt8] {
        defer { body = [] }
        return body
    }

    // MARK: - Bytes

    @discardableResult
    private mutating func take(_ missing: Int, of rest: inout Slice<UnsafeRawBufferPointer>) -> Int {
        let part = rest.prefix(missing)
        let room = limit - body.count
        body.append(contentsOf: UnsafeRawBufferPointer(rebasing: part.prefix(room)))
        isTruncated = part.count > room
        rest = rest.dropFirst(part.count)
        return part.count
    }

    /// - Returns: Whether the line is whole.
    private mutating func takeLine(of rest: inout Slice<UnsafeRawBufferPointer>) -> Bool {
        let end = rest.firstIndex(of: UInt8(ascii: "\n"))
        let part = rest[..<(end ?? rest.endIndex)]
        headSize += part.count + 1
        guard headSize <= Self.longestHead else {
            state = .invalid("The vendor's answer has too long a head.")
            return false
        }
        line.append(contentsOf: UnsafeRawBufferPointer(rebasing: part))
        guard let end else {
            rest = rest.suffix(0)
            return false
        }
        rest = rest[(end + 1)...]
        guard line.popLast() == UInt8(ascii: "\r") else {
            state = .invalid("The vendor's answer is not HTTP: a line does not end as it should.")
            return false
        }
        return true
    }

    // MARK: - Lines

    private mutating func readLine() {
        switch state {
        case .statusLine: readStatus()
        case .headerLine where line.isEmpty: beginBody()
        case .headerLine: readHeader()
        case .chunkLine:
            // "Size in hexadecimal digits", then extensions that nothing here knows.
            let digits = line.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
            guard (1...15).contains(digits.count), digits.allSatisfy(\.isHexDigit),
                let size = Int(String(decoding: digits, as: UTF8.self), radix: 16)
            else { return state = .invalid("The vendor's answer is not HTTP: a chunk has no size.") }
            state = size == 0 ? .trailerLine : .chunk(size)
        case .chunkEnd:
            state = line.isEmpty ? .chunkLine : .invalid("The vendor's answer is not HTTP: a chunk is too long.")
        case .trailerLine: if line.isEmpty { state = .complete }
        case .body, .chunk, .bodyToTheEnd, .complete, .invalid: break
        }
    }

    /// `HTTP/1.1 200 OK`; the words may be absent.
    private mutating func readStatus() {
        let digits = line.dropFirst(9).prefix(3)
        guard line.count >= 12, line.starts(with: "HTTP/1.".utf8), line[7] == 0x30 || line[7] == 0x31,
            line[8] == UInt8(ascii: " "), digits.allSatisfy(\.isDigit), line[9] != 0x30,
            line.count == 12 || line[12] == UInt8(ascii: " "),
            let status = Int(String(decoding: digits, as: UTF8.self))
        else { return state = .invalid("The vendor's answer is not HTTP.") }
        head.status = status
        head.isHTTP10 = line[7] == 0x30
        state = .headerLine
    }

    private mutating func readHeader() {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0,
            line[..<colon].allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
            line[colon...].allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == UInt8(ascii: "\t") })
        else { return state = .invalid("The vendor's answer is not HTTP: a header cannot be read.") }
        let name = line[..<colon]
        switch colon {
        case 4 where name.spells("date"): head.date = head.date ?? RateLimitHeaders.seconds(httpDate: value(colon))
        case 8 where name.spells("location"): head.location = head.location ?? value(colon)
        case 10 where name.spells("connection"):
            for token in value(colon).lowercased().split(whereSeparator: { ", \t".contains($0) }) {
                if token == "close" { head.closes = true }
                if token == "keep-alive" { head.keepsAlive = true }
            }
        case 10 where name.spells("keep-alive"):
            for part in value(colon).lowercased().split(whereSeparator: { ",; \t".contains($0) })
            where part.hasPrefix("timeout=") {
                // What cannot be read promises nothing.
                head.keepAliveTimeout = head.keepAliveTimeout ?? Int(part.dropFirst(8)) ?? 0
            }
        case 11 where name.spells("retry-after"): head.retryAfter = head.retryAfter ?? value(colon)
        case 14 where name.spells("content-length"): readLength(value(colon))
        case 17 where name.spells("transfer-encoding"):
            guard value(colon).lowercased() == "chunked", !head.isChunked else {
                return state = .invalid("The vendor's answer has a transfer encoding that was not requested.")
            }
            head.isChunked = true
        case 17 where name.spells("x-ratelimit-limit"): head.rateLimit = head.rateLimit ?? value(colon)
        case 17 where name.spells("x-ratelimit-reset"): head.rateLimitReset = head.rateLimitReset ?? value(colon)
        case 21 where name.spells("x-ratelimit-remaining"):
            head.rateLimitRemaining = head.rateLimitRemaining ?? value(colon)
        default: break
        }
    }

    private mutating func readLength(_ text: String) {
        guard (1...15).contains(text.utf8.count), text.utf8.allSatisfy(\.isDigit), let length = Int(text),
            head.contentLength == nil || head.contentLength == length
        else { return state = .invalid("The vendor's answer is not HTTP: its length cannot be read.") }
        head.contentLength = length
    }

    /// A header's value without the space around it.
    private func value(_ colon: Int) -> String {
        func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        var value = line[(colon + 1)...].drop(while: isSpace)
        while let last = value.last, isSpace(last) { value.removeLast() }
        return String(decoding: value, as: UTF8.self)
    }

    /// The empty line behind the headers.
    private mutating func beginBody() {
        switch head.status {
        case 101: return state = .invalid("The vendor's answer leaves HTTP.")
        case 100..<200:
            head = ResponseHead()
            return state = .statusLine
        case 204, 304: return state = .complete
        default: break
        }
        switch (head.isChunked, head.contentLength) {
        case (true, nil): state = .chunkLine
        case (true, _?): state = .invalid("The vendor's answer is not HTTP: it has two lengths.")
        case (false, let length?):
            body.reserveCapacity(min(length, limit))
            state = length == 0 ? .complete : .body(length)
        case (false, nil):
            endsWithConnection = true
            state = .bodyToTheEnd
        }
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { (0x30...0x39).contains(self) }
    fileprivate var isHexDigit: Bool { isDigit || (0x41...0x46).contains(self & 0xDF) }
}

extension ArraySlice<UInt8> {
    /// Whether it is a header's name, which is given in lower case.
    fileprivate func spells(_ name: StaticString) -> Bool {
        name.withUTF8Buffer { name in
            elementsEqual(name) { mine, theirs in
                mine == theirs || (0x41...0x5A).contains(mine) && mine | 0x20 == theirs
            }
        }
    }
}
