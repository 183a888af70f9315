import Testing

@testable import Sandbox

@Suite("The sandbox's JSON parser")
struct JSONParserTests {
    @Test(
        "A number keeps the literal it was written with",
        arguments: [
            "0", "-0", "100.10", "0.10", "33.3", "1000", "64.35", "1e2", "1E-2", "-1.5e+10", "9007199254740993",
        ]
    )
    func numberKeepsItsLiteral(literal: String) throws {
        #expect(try JSONParser.parse(" \(literal)\n") == .number(literal: literal))
    }

    @Test(
        "Text arrives exactly",
        arguments: [
            (#""a\"b\\c\/d""#, "a\"b\\c/d"),
            (#""\b\f\n\r\t""#, "\u{08}\u{0C}\n\r\t"),
            (#""\u00e9\uD83C\uDF81""#, "é🎁"),
            ("\"é🎁 plain\"", "é🎁 plain"),
            (#""\u0000""#, "\u{0}"),
            (#""""#, ""),
        ]
    )
    func textArrivesExactly(json: String, text: String) throws {
        #expect(try JSONParser.parse(json) == .string(text))
    }

    @Test("An object keeps its members in order, and null counts as absent")
    func objectKeepsItsMembers() throws {
        let value = try JSONParser.parse(#"{"b": [1, true, null], "a": null, "": {}}"#)
        #expect(
            value
                == .object([
                    JSONValue.Member("b", [1, true, .null]), JSONValue.Member("a", .null), JSONValue.Member("", [:]),
                ])
        )
        #expect(value["a"] == nil)
        #expect(value["b"] != nil)
    }

    @Test(
        "What RFC 8259 does not allow is refused",
        arguments: [
            "", " ", "{", "[1,]", #"{"a":1,}"#, #"{"a" 1}"#, "{a:1}", "01", "1.", ".5", "+1", "1e", "-", "0x10", "NaN",
            "tru", "nul", "\"a", "\"\u{01}\"", #""\x""#, #""\u12G4""#, #""\uD800""#, #""\uDC00\uD800""#, "1 2", "// c",
            "\u{FEFF}1", "'a'", #"{"a":1,"a":2}"#, "[1 2]",
        ]
    )
    func wrongTextIsRefused(json: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(json) }
    }

    @Test(
        "Text that is not UTF-8 is refused",
        arguments: [[0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22]])
    func brokenUTF8IsRefused(bytes: [UInt8]) {
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(bytes) }
    }

    @Test("Nesting is read down to the bound and not below it")
    func nestingIsBounded() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        _ = try JSONParser.parse(nested(JSONParser.depthBound))
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(nested(JSONParser.depthBound + 1)) }
    }

    @Test("What is written can be read again")
    func writtenTextReadsBack() throws {
        let value: JSONValue = [
            "text": "a\"b\\c\u{01}\u{1F}é🎁/", "price": .number(literal: "100.10"), "list": [1, false, .null],
            "none": [:],
        ]
        #expect(try JSONParser.parse(value.bytes) == value)
    }
}
