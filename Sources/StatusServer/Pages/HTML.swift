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
        for scalar in plain.unicodeScalars {
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
