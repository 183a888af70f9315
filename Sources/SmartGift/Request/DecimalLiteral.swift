/// A decimal number as it was written, for example `100.10`: never a binary float, and no zero added or lost.
public struct DecimalLiteral: Sendable, Hashable, CustomStringConvertible {
    /// Digits, and at most one point with digits on both sides: what JSON allows for a positive decimal.
    public let text: String

    /// Takes a literal of digits with an optional fraction.
    ///
    /// - Parameter text: For example `64.35`; nil is returned for anything else (a sign, an exponent, a leading zero, spaces).
    public init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count),
            parts.allSatisfy({ part in
                !part.isEmpty && part.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            }),
            let whole = parts.first, whole.count == 1 || whole.first != UInt8(ascii: "0")
        else { return nil }
        self.text = text
    }

    /// The literal.
    public var description: String { text }
}
