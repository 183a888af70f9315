/// Reads the text form of a PostgreSQL array of one dimension: `{a,"b \"c\"",NULL}`.
///
/// Follows [what `array_out` writes](https://www.postgresql.org/docs/15/arrays.html#ARRAYS-IO).
struct ArrayText {
    private static let comma = UInt8(ascii: ",")
    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")
    private static let open = UInt8(ascii: "{")
    private static let close = UInt8(ascii: "}")

    private let bytes: UnsafeRawBufferPointer
    private var place = 0

    /// The elements, `nil` for NULL; or `nil` when this is not an array of one dimension.
    static func elements(_ bytes: UnsafeRawBufferPointer) -> [String?]? {
        var text = ArrayText(bytes: bytes)
        return text.elements()
    }

    private init(bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    private mutating func elements() -> [String?]? {
        // Bounds that do not start at 1 are written in front: [0:2]={…}.
        if bytes.first == UInt8(ascii: "["), let equals = bytes.firstIndex(of: UInt8(ascii: "=")) {
            place = equals + 1
        }
        guard take(Self.open) else { return nil }
        var elements: [String?] = []
        if take(Self.close) { return isAtEnd ? elements : nil }
        repeat {
            guard place < bytes.count, bytes[place] != Self.open else { return nil }
            if take(Self.quote) {
                guard let element = quotedElement() else { return nil }
                elements.append(element)
            } else {
                guard let element = plainElement() else { return nil }
                elements.append(element == "NULL" ? nil : element)
            }
        } while take(Self.comma)
        return take(Self.close) && isAtEnd ? elements : nil
    }

    private var isAtEnd: Bool {
        place == bytes.count
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard place < bytes.count, bytes[place] == byte else { return false }
        place += 1
        return true
    }

    private mutating func plainElement() -> String? {
        let start = place
        while place < bytes.count, bytes[place] != Self.comma, bytes[place] != Self.close {
            place += 1
        }
        return place == start ? nil : String(decoding: bytes[start..<place], as: UTF8.self)
    }

    private mutating func quotedElement() -> String? {
        var element: [UInt8] = []
        while place < bytes.count {
            if take(Self.quote) { return String(decoding: element, as: UTF8.self) }
            if take(Self.backslash), place == bytes.count { return nil }
            element.append(bytes[place])
            place += 1
        }
        return nil
    }
}
