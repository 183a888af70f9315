import Testing

@testable import Giftbridge

/// No character that could move a cursor, end a line or reverse what is read goes out as it is.
struct PrintableTests {
    @Test(arguments: [
        ("plain text", "plain text"), ("a\nb\tc", "a b c"), ("\u{1B}[31mred", " [31mred"), ("a\r\nb", "a  b"),
        ("C1 \u{9B}31m", "C1  31m"), ("del\u{7F}", "del "), ("abc\u{202E}fed", "abcfed"), ("\u{2066}x\u{2069}", "x"),
        ("zero\u{200B}width\u{FEFF}", "zerowidth"), ("line\u{2028}two\u{2029}", "line two "), ("Zoë 🎁 日本", "Zoë 🎁 日本"),
        ("tag \u{E0041}", "tag "), ("", ""),
    ])
    func textIsMadePrintable(text: String, expected: String) {
        #expect(text.printable == expected)
    }

    @Test(arguments: [
        ("a\u{202E}b", #""a\u202eb""#), ("c\u{9B}d", #""c\u009bd""#), ("tag\u{E0041}", #""tag\udb40\udc41""#),
        ("\u{1B}", #""\u001b""#), ("Zoë 🎁", #""Zoë 🎁""#), ("\u{2028}", #""\u2028""#),
    ])
    func jsonEscapesThem(text: String, expected: String) throws {
        let json = try OperatorJSON.text([text])
        #expect(json.lowercased().contains(expected.lowercased()), "\(json)")
        #expect(!json.unicodeScalars.contains { $0.properties.generalCategory == .format })
    }
}
