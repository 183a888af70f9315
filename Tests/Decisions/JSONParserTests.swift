import SmartGift
import Testing

/// RFC 8259, strictly.
@Suite("The JSON parser")
struct JSONParserTests {
    @Test(
        "A number keeps the literal it was written with",
        arguments: [
            "0", "-0", "1", "-1", "10", "0.10", "33.3", "100.00", "-0.0", "1e3", "1E3", "1e+3", "1e-3", "0e0",
            "1.5E-10",
            "123456789012345678901234567890.123456789012345678901234567890", "1e999999",
        ])
    func numbers(literal: String) throws {
        #expect(try JSONValue(parsing: literal.utf8) == .number(literal))
        #expect(try JSONValue(parsing: " [\t\(literal)\r\n] ".utf8) == .array([.number(literal)]))
    }

    @Test(
        "Escapes and surrogates become the text they stand for",
        arguments: [
            (#""""#, ""), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{08}\u{0C}\n\r\t"), (#""\u0041\u00e9\u20AC""#, "Aé€"),
            (#""\uD83C\uDF81""#, "🎁"), (#""\ud83c\udf81x""#, "🎁x"), (#""\uDBFF\uDFFF""#, "\u{10FFFF}"),
            (#""\u0000""#, "\0"), (#""\uFFFF\uFEFF""#, "\u{FFFF}\u{FEFF}"), (#""\\u0041""#, #"\u0041"#),
            ("\"\u{7F}\"", "\u{7F}"),
            (#""é🎁""#, "é🎁"), (#""a\u0062c\n🎁d""#, "abc\n🎁d"),
        ])
    func strings(json: String, text: String) throws {
        #expect(try JSONValue(parsing: json.utf8).string.map { Array($0.utf8) } == Array(text.utf8))
    }

    @Test("Values nest, with space anywhere between, and of a repeated name the last one counts")
    func values() throws {
        let json = " {\n\"a\" : [ true ,false,null , { } , [ ] ],\t\"b\":\r{\"c\":\"d\"} , \"b\" : 1 , \"\" : 2 } "
        #expect(
            try JSONValue(parsing: json.utf8)
                == .object([
                    "a": .array([.bool(true), .bool(false), .null, .object([:]), .array([])]), "b": .number("1"),
                    "": .number("2"),
                ]))
    }

    @Test(
        "What RFC 8259 does not allow is refused",
        arguments: [
            "", " ", "\n", "tru", "True", "nul", "nulll", "undefined", "NaN", "Infinity", "-Infinity", "-", "+1", "01",
            "-01",
            "00", "1.", ".5", "-.5", "1e", "1e+", "1.e3", "0x10", "1_0", "1,0", "--1", "1-", "1 2", "1}", "[1", "[1,",
            "[1,]",
            "[,1]", "[1 2]", "[1;2]", "]", "[1]]", "{", "}", "{}{}", "{}x", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#,
            #"{"a":1 "b":2}"#, #"{,"a":1}"#, "{a:1}", "{'a':1}", "{1:1}", #"{"a":1"#, #"{"a""#, #"{""#, "'a'", "\"",
            "\"a",
            #""\"#, #""\""#, #""\x41""#, #""\a""#, #""\'""#, #""\0""#, #""\U0041""#, #""\u""#, #""\u1""#, #""\u12""#,
            #""\u123""#, #""\u123g""#, #""\u+123""#, #""\u-123""#, #""\u 123""#, #""\u0x1""#, #""\u12 3""#,
            #""\uD83C""#,
            #""\uD83Cx""#, #""\uD83C\n""#, #""\uD83C\u0041""#, #""\uD83C\uD83C""#, #""\uDF81""#, #""\uDF81\uD83C""#,
            #""\uD83C\u+F81""#, #""\uD83C\uDF8"#, "\"\u{01}\"", "\"\n\"", "\"\t\"", "\"\u{1F}\"", "\"a\\n\n\"",
            "// c\n1",
            "1 // c", "/* c */ 1", "[1] #", "\u{FEFF}1", "\u{A0}1", "1\u{0B}", "1\0", "\0", "\"a\"b", "truefalse",
            "[true,fals]",
        ])
    func refused(json: String) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: json.utf8) }
    }

    static let badUTF8: [[UInt8]] = [
        [0x80], [0xFF], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80],
        [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x8E], [0xC3, 0x28],
    ]

    @Test("Bytes that are not UTF-8 are refused, in a value, in a name and after an escape", arguments: badUTF8)
    func notUTF8(bytes: [UInt8]) {
        let quote = [UInt8(ascii: "\"")]
        #expect(throws: JSONError.self) { try JSONValue(parsing: quote + bytes + quote) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: Array(#"{""#.utf8) + bytes + Array(#"":1}"#.utf8)) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: Array(#""\n"#.utf8) + bytes + quote) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: bytes) }
    }

    @Test("Depth is bounded, so that no answer can exhaust the stack", arguments: ["[", #"{"a":"#])
    func depth(opening: String) throws {
        let closing = opening == "[" ? "]" : "}"
        func nested(_ depth: Int) -> String {
            String(repeating: opening, count: depth) + "1" + String(repeating: closing, count: depth)
        }
        #expect(throws: Never.self) { try JSONValue(parsing: nested(64).utf8) }
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: nested(65).utf8) }
        #expect(error?.problem == "nested more than 64 deep")
        #expect(throws: JSONError.self) { try JSONValue(parsing: String(repeating: opening, count: 1_000_000).utf8) }
        // Depth is how deep, not how many.
        let wide = "[" + Array(repeating: "[[]]", count: 1000).joined(separator: ",") + "]"
        #expect(throws: Never.self) { try JSONValue(parsing: wide.utf8, maximumDepth: 3) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: wide.utf8, maximumDepth: 2) }
    }

    @Test(
        "An error says where and what, never the text",
        arguments: [
            (#"{"code":"SECRET"#, 15), (#"{"SECRET" 1}"#, 10), (#"["SECRET" "SECRET"]"#, 10), ("SECRET", 0),
            (#""SECRET\q""#, 9), ("[1] SECRET", 4),
        ])
    func errorsAreSilent(json: String, offset: Int) {
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: json.utf8) }
        #expect(error?.offset == offset)
        #expect(error.map { !"\($0)".contains("SECRET") } == true)
    }

    @Test("A collection without contiguous storage reads the same")
    func anyCollection() throws {
        #expect(
            try JSONValue(parsing: Array(#"["é", 1]"#.utf8).lazy.map { $0 }) == .array([.string("é"), .number("1")]))
    }

    @Test(
        "Only an integer literal within range is an int",
        arguments: [("1", 1), ("-7", -7), ("1.0", nil), ("1e3", nil), ("9223372036854775808", nil)])
    func ints(literal: String, int: Int?) throws {
        #expect(try JSONValue(parsing: literal.utf8).int == int)
    }
}
