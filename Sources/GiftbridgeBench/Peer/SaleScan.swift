import CLinux
import Glibc

/// A `POST /pos-sale` in a connection's buffer: found by scanning, not parsed, so that the peer costs next to nothing.
struct SaleScan {
    /// Where the request ends; what follows is the next one.
    let end: Int
    /// The value of `order_id`; empty: it has none.
    let orderID: Range<Int>
    /// The values of the items' `code`s, in order.
    let codes: [Range<Int>]

    /// Looks for a whole request at the buffer's start.
    ///
    /// - Returns: Nil while some of it is missing.
    /// - Throws: ``Unreadable`` for what is no request with a Content-Length.
    init?(_ bytes: UnsafeRawBufferPointer) throws(Unreadable) {
        guard let head = bytes.offset(of: "\r\n\r\n", from: 0) else { return nil }
        guard let length = bytes[..<head].contentLength() else { throw Unreadable() }
        let body = head + 4
        end = body + length
        guard bytes.count >= end else { return nil }
        let text = UnsafeRawBufferPointer(rebasing: bytes[..<end])
        orderID = text.strings(of: "\"order_id\"", from: body).first ?? end..<end
        codes = text.strings(of: "\"code\"", from: body)
    }

    /// Bytes that are no request of the bridge's.
    struct Unreadable: Error {}
}

extension UnsafeRawBufferPointer {
    fileprivate func offset(of needle: String, from start: Int) -> Int? {
        guard let base = baseAddress, start < count else { return nil }
        let found = linux_find(base + start, count - start, needle)
        return found < 0 ? nil : start + found
    }

    /// The string values of a JSON member. A name inside of a text does not look like this: its quotes are escaped.
    fileprivate func strings(of name: String, from start: Int) -> [Range<Int>] {
        var values: [Range<Int>] = []
        var position = start
        while let found = offset(of: name, from: position) {
            position = found + name.utf8.count
            while position < count, self[position] == UInt8(ascii: ":") || self[position] == UInt8(ascii: " ") {
                position += 1
            }
            guard position < count, self[position] == UInt8(ascii: "\"") else { continue }
            guard let close = offset(of: "\"", from: position + 1) else { break }
            values.append(position + 1..<close)
            position = close
        }
        return values
    }
}

extension Slice<UnsafeRawBufferPointer> {
    /// Content-Length, whatever its case.
    fileprivate func contentLength() -> Int? {
        let head = UnsafeRawBufferPointer(rebasing: self)
        guard
            let found = head.offset(of: "ontent-Length:", from: 0) ?? head.offset(of: "ontent-length:", from: 0)
        else { return nil }
        var length: Int?
        for byte in head[(found + 14)...] {
            if byte == UInt8(ascii: " ") { continue }
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte), (length ?? 0) < 1 << 24 else { break }
            length = (length ?? 0) * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return length
    }
}

/// What the peer was asked for, a line each: `order_id`, arrival (CLOCK_MONOTONIC, ns), codes with commas between them.
struct PeerLedger {
    /// A fault of the ledger, so that a test can see the benchmark find it.
    enum Fault: String, CaseIterable {
        /// One request is not noted.
        case forget
        /// One request is noted twice.
        case twice
        /// One request is noted with another code.
        case otherCode = "other_code"
    }

    private(set) var count = 0
    private var lines: [UInt8] = []
    private let fault: Fault?
    /// The request that the fault strikes.
    private static let struck = 8

    init(fault: Fault?) {
        self.fault = fault
        lines.reserveCapacity(1 << 20)
    }

    mutating func note(_ bytes: UnsafeRawBufferPointer, _ sale: SaleScan, at arrival: Int64) {
        count += 1
        let fault = count == Self.struck ? fault : nil
        if fault == .forget { return }
        for _ in 0..<(fault == .twice ? 2 : 1) {
            lines.append(contentsOf: bytes[sale.orderID])
            lines.append(UInt8(ascii: "\t"))
            lines.append(contentsOf: "\(arrival)".utf8)
            lines.append(UInt8(ascii: "\t"))
            for (index, code) in sale.codes.enumerated() {
                if index > 0 { lines.append(UInt8(ascii: ",")) }
                if fault == .otherCode { lines.append(UInt8(ascii: "X")) }
                lines.append(contentsOf: bytes[code])
            }
            lines.append(UInt8(ascii: "\n"))
        }
    }

    /// Writes all lines to a file and begins again.
    mutating func flush(to path: String) throws(Failure) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Failure() }
        defer { close(file) }
        var written = 0
        while written < lines.count {
            let count = lines.withUnsafeBytes { write(file, $0.baseAddress.map { $0 + written }, $0.count - written) }
            guard count > 0 else { throw Failure() }
            written += count
        }
        lines.removeAll(keepingCapacity: true)
        count = 0
    }

    /// The ledger's file could not be written.
    struct Failure: Error {}
}

extension [UInt8] {
    /// The vendor's answer to a sale (vendor page `sales/create-order`), or its refusal of one without codes.
    mutating func replace(with request: UnsafeRawBufferPointer, _ sale: SaleScan) {
        removeAll(keepingCapacity: true)
        guard !sale.codes.isEmpty, !sale.orderID.isEmpty else {
            append(contentsOf: Self.refusal)
            return
        }
        let codes = sale.codes.reduce(0) { $0 + $1.count + 3 } - 1
        append(contentsOf: Self.head)
        append(contentsOf: "\(Self.start.count + sale.orderID.count + Self.middle.count + codes + 2)\r\n\r\n".utf8)
        append(contentsOf: Self.start)
        append(contentsOf: request[sale.orderID])
        append(contentsOf: Self.middle)
        for (index, code) in sale.codes.enumerated() {
            if index > 0 { append(UInt8(ascii: ",")) }
            append(UInt8(ascii: "\""))
            append(contentsOf: request[code])
            append(UInt8(ascii: "\""))
        }
        append(UInt8(ascii: "]"))
        append(UInt8(ascii: "}"))
    }

    private static let head = Array("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ".utf8)
    private static let start = Array(#"{"message":"Order processed successfully!","order_reference":""#.utf8)
    private static let middle = Array(#"","voucher_codes":["#.utf8)
    private static let refusal = Array(
        (#"HTTP/1.1 422 Unprocessable Content"# + "\r\nContent-Type: application/json\r\nContent-Length: 57\r\n\r\n"
            + #"{"message":"The peer needs codes and order_id to repeat"}"#).utf8)
}
