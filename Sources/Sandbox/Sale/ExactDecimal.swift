/// An exact decimal number: what prices are compared and computed with.
///
/// It has up to 18 significant digits and up to 18 digits on either side of the point; trailing zeros are kept
/// in ``text`` and ignored by comparisons. Foundation's `Decimal` forgets them, takes `1.2abc` for 1.2, rounds what is too long
/// for it, and has no remainder.
struct ExactDecimal: Sendable {
    /// The number as it was written, e.g. `100.10`.
    let text: String

    private let coefficient: Int128
    private let scale: Int

    private static let digitBound = 18

    /// Reads a decimal as JSON writes numbers, exponents included (`0.10`, `1000`, `1e2`).
    ///
    /// nil where the text is no such number, or has more digits than this type holds.
    init?(_ text: String) {
        var digits = ""
        var scale = 0
        var rest = Substring(text)
        let isNegative = rest.first == "-"
        if isNegative { rest = rest.dropFirst() }
        if let mark = rest.firstIndex(where: { $0 == "e" || $0 == "E" }) {
            guard let exponent = Int(rest[rest.index(after: mark)...]), abs(exponent) <= 100 else { return nil }
            scale -= exponent
            rest = rest[..<mark]
        }
        let parts = rest.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(Self.isDigit) }) else {
            return nil
        }
        digits += whole
        if parts.count == 2 {
            digits += parts[1]
            scale += parts[1].count
        }
        while digits.last == "0" {
            digits.removeLast()
            scale -= 1
        }
        digits.trimPrefix { $0 == "0" }
        if digits.isEmpty { scale = 0 }
        guard digits.count <= Self.digitBound, (-Self.digitBound...Self.digitBound).contains(scale),
            let coefficient = Int128(digits.isEmpty ? "0" : digits)
        else { return nil }
        self.text = text
        self.coefficient = isNegative ? -coefficient : coefficient
        self.scale = scale
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// Both coefficients at the larger of the two scales; exact, as 18 + 36 digits at most would be needed only for
    /// numbers that differ by more than the type's whole range, which the multiplication then reports as nil.
    private static func aligned(_ left: Self, _ right: Self) -> (left: Int128, right: Int128)? {
        let scale = max(left.scale, right.scale)
        guard let first = left.coefficient(at: scale), let second = right.coefficient(at: scale) else { return nil }
        return (first, second)
    }

    private func coefficient(at wanted: Int) -> Int128? {
        var value = coefficient
        for _ in scale..<wanted {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            value = product
        }
        return value
    }

    /// Whether this number is `lowest + n × step` for a whole n of 0 or more; a step of zero allows every number.
    func isReached(from lowest: ExactDecimal, by step: ExactDecimal) -> Bool {
        if step.coefficient == 0 { return true }
        let scale = max(scale, lowest.scale, step.scale)
        guard let value = coefficient(at: scale), let start = lowest.coefficient(at: scale),
            let stride = step.coefficient(at: scale), value >= start
        else { return false }
        return (value - start) % stride == 0
    }

    /// This number times a whole one, with as many digits after the point as this number is written with.
    func multiplied(by factor: Int) -> ExactDecimal? {
        let (product, overflow) = coefficient.multipliedReportingOverflow(by: Int128(factor))
        if overflow { return nil }
        let written = text.split(separator: ".", omittingEmptySubsequences: false)
        let places = max(scale, written.count == 2 ? written[1].count : 0, 0)
        var shown = product
        for _ in scale..<places { shown *= 10 }
        var digits = String(shown.magnitude)
        if places > 0 {
            digits = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
            digits.insert(".", at: digits.index(digits.endIndex, offsetBy: -places))
        }
        return ExactDecimal((shown < 0 ? "-" : "") + digits)
    }
}

extension ExactDecimal: Comparable {
    /// Whether both are the same number, however they are written: `1.0` equals `1.00`.
    static func == (left: Self, right: Self) -> Bool {
        aligned(left, right).map { $0.left == $0.right } ?? false
    }

    /// Whether the left number is the smaller one.
    static func < (left: Self, right: Self) -> Bool {
        if let pair = aligned(left, right) { return pair.left < pair.right }
        // Alignment only fails where one of them has a far larger magnitude: the one with the smaller scale.
        return left.scale < right.scale ? left.coefficient < 0 : right.coefficient > 0
    }
}

extension ExactDecimal: ExpressibleByStringLiteral {
    /// A decimal written in the source; a text that is no decimal ends the program.
    init(stringLiteral value: String) {
        guard let decimal = ExactDecimal(value) else { preconditionFailure("not a decimal: \(value)") }
        self = decimal
    }
}
