/// Text from shops and from the vendor, made safe for terminals, logs and pages.
///
/// Control characters (Cc) can move a terminal's cursor or end a line. Formatting characters (Cf) such as U+202E reverse what is read;
/// line and paragraph separators (Zl, Zp) end a line for some readers. None of them goes out as it is.
extension String {
    /// With a blank for each control character and separator, and without formatting characters.
    package var printable: String {
        guard !isPlainASCII else { return self }
        var text = ""
        for scalar in unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: text += " "
            case .format: break
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    /// The text of a JSON document, with an escape (`\u202e`) for each such character that JSON allows in a string. Newlines and tabs
    /// between values stay.
    package var withEscapedControls: String {
        guard !isPlainASCII else { return self }
        var text = ""
        for scalar in unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control where scalar.value >= 0x7F, .format, .lineSeparator, .paragraphSeparator:
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    private var isPlainASCII: Bool { utf8.allSatisfy { (0x20...0x7E).contains($0) } }
}
