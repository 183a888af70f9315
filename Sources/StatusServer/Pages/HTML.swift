import FoundationEssentials
import Giftbridge

/// A piece of a page. Literal text is markup; interpolated text is escaped unless it is markup itself.
///
/// `"<p>\(name)</p>" as HTML` is safe in text and in attributes with double quotes, whatever `name` is.
struct HTML: Sendable, ExpressibleByStringInterpolation {
    private(set) var text: String

    init(stringLiteral value: String) { text = value }

    init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }

    /// Collects the pieces.
    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity * 2) }

        mutating func appendLiteral(_ literal: String) { text += literal }

        mutating func appendInterpolation(_ plain: some StringProtocol) { text += HTML.escaped(plain) }

        mutating func appendInterpolation(_ number: Int) { text += "\(number)" }

        mutating func appendInterpolation(_ markup: HTML?) { text += markup?.text ?? "" }

        mutating func appendInterpolation(_ markup: [HTML]) { for piece in markup { text += piece.text } }
    }

    private static func escaped(_ plain: some StringProtocol) -> String {
        var escaped = ""
        for scalar in String(plain).printable.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}

extension HTML {
    /// A moment, relative to now; its title is the exact time in UTC.
    static func moment(_ date: Date, now: Date = .now) -> HTML {
        let seconds = now.timeIntervalSince(date)
        let distance = "\(BriefDuration(seconds: seconds))"
        let text = abs(seconds) < 1 ? "now" : seconds > 0 ? "\(distance) ago" : "in \(distance)"
        return "<time datetime=\"\(date.iso)\" title=\"\(date.readable)\">\(text)</time>"
    }

    /// A moment in full, in UTC.
    static func exactly(_ date: Date) -> HTML {
        "<time datetime=\"\(date.iso)\">\(date.readable)</time>"
    }
}

extension Date {
    fileprivate var iso: String { formatted(Date.ISO8601FormatStyle()) }

    /// `2026-11-23 03:07:11 UTC`
    fileprivate var readable: String {
        iso.replacing("T", with: " ").replacing("Z", with: " UTC")
    }
}

extension String {
    /// The text encoded as part of a query.
    var queryEncoded: String {
        var encoded = ""
        for byte in utf8 {
            let character = Character(Unicode.Scalar(byte))
            if byte < 0x80, character.isLetter || character.isNumber || "-._~".contains(character) {
                encoded.append(character)
            } else {
                encoded += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return encoded
    }
}
