import CLinux

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
