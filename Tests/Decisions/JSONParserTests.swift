import Foundation
import SmartGift
import TestSupport
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

/// The parser against Foundation's, on random texts. The seed is fixed: a failure can be repeated.
///
/// Where the two differ on purpose, and the texts are left out of the comparison: a byte order mark (RFC 8259 lets a
/// parser ignore it; ours refuses), UTF-16 and UTF-32 (Foundation guesses encodings by NUL bytes), a comma after the last
/// element (Foundation takes it), and numbers that overflow a double (a literal here, an error there).
@Suite("The JSON parser, fuzzed")
struct JSONFuzzTests {
    static let corpus: [[UInt8]] = [
        #"{"message":"Order processed successfully!","order_reference":"SAMPLE","voucher_codes":["EXAMPLECODE1","EXAMPLECODE2"]}"#,
        #"{"message":"The given data was invalid.","errors":{"items.0.code":["The code has already been taken."]}}"#,
        #"[{"id": 1, "price": 100.10, "to": "Zoë", "message": "\"quoted\" \u00e9\uD83C\uDF81\\"}, {"id":2,"code":null}]"#,
        #"[0,-0,1.5,-1e3,2E-2,3e+4,true,false,null,"",{},[],[[]],{"":""}]"#,
        " \t\r\n[ 1 , \"\u{7F}é€🎁\" ] \n",
    ].map { Array($0.utf8) }

    /// Bytes that mean something to JSON, and some that never do.
    static let alphabet =
        Array(#"{}[]:,"\/bfnrtu0123456789+-.eE xaAdD"#.utf8) + [
            0x00, 0x09, 0x0A, 0x1F, 0x7F, 0x80, 0xC3, 0xA9, 0xED, 0xF0, 0xFF,
        ]

    static func mutated(_ text: [UInt8], _ generator: inout SplitMix) -> [UInt8] {
        var text = text
        for _ in 0..<Int.random(in: 1...3, using: &generator) where !text.isEmpty {
            let at = Int.random(in: 0..<text.count, using: &generator)
            let byte = alphabet.randomElement(using: &generator) ?? 0
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: text.remove(at: at)
            case 1: text.insert(byte, at: at)
            case 2: text[at] = byte
            case 3: text[at] ^= UInt8(1 << Int.random(in: 0..<8, using: &generator))
            case 4: text.removeSubrange(at..<min(text.count, at + Int.random(in: 1...8, using: &generator)))
            default: text.insert(contentsOf: text[at..<min(text.count, at + 6)], at: at)
            }
        }
        return text
    }

    static func isComparable(_ text: [UInt8]) -> Bool {
        let solid = text.filter { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
        let hasLastComma = zip(solid, solid.dropFirst()).contains {
            $0 == UInt8(ascii: ",") && [UInt8(ascii: "]"), UInt8(ascii: "}")].contains($1)
        }
        return !hasLastComma && !text.contains(0) && !text.starts(with: [0xEF, 0xBB, 0xBF])
            && !text.starts(with: [0xFE, 0xFF]) && !text.starts(with: [0xFF, 0xFE])
    }

    @Test("What one accepts of a mutated corpus the other accepts, and as the same value", arguments: 0..<corpus.count)
    func agreesWithFoundation(index: Int) throws {
        var generator = SplitMix(seed: 20_261_123 + UInt64(index))
        var accepted = 0
        var refused = 0
        for _ in 0..<6000 {
            let text = Self.mutated(Self.corpus[index], &generator)
            let ours = try? JSONValue(parsing: text)  // Refused is a result here.
            guard Self.isComparable(text) else { continue }
            let theirs = try? JSONSerialization.jsonObject(with: Data(text), options: .fragmentsAllowed)
            if ours != nil { accepted += 1 } else { refused += 1 }
            guard let ours, let theirs else {
                let isOverflow = ours.map(Self.hasOverflow) ?? false
                #expect(
                    ours == nil && theirs == nil || isOverflow,
                    "they differ on \(String(decoding: text, as: UTF8.self))")
                continue
            }
            #expect(Self.isSame(ours, theirs), "another value of \(String(decoding: text, as: UTF8.self))")
        }
        #expect(accepted > 300 && refused > 300, "the mutations are too tame or too wild: \(accepted), \(refused)")
    }

    @Test("Noise never crashes it")
    func noise() {
        var generator = SplitMix(seed: 7)
        var accepted = 0
        for _ in 0..<100_000 {
            let text = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
                Self.alphabet.randomElement(using: &generator) ?? 0
            }
            if (try? JSONValue(parsing: text)) != nil { accepted += 1 }
        }
        #expect(accepted > 100)
    }

    @Test("Every text that is cut short is refused", arguments: 0..<corpus.count)
    func cutShort(index: Int) {
        let text = Self.corpus[index].reversed().drop { $0 == 0x20 || $0 == 0x0A }.reversed()
        for length in 0..<text.count {
            #expect(throws: JSONError.self) { try JSONValue(parsing: text.prefix(length)) }
        }
    }

    private static func hasOverflow(_ value: JSONValue) -> Bool {
        switch value {
        case .number(let literal): Double(literal).map { !$0.isFinite } ?? true
        case .array(let elements): elements.contains(where: hasOverflow)
        case .object(let members): members.values.contains(where: hasOverflow)
        default: false
        }
    }

    private static func isSame(_ ours: JSONValue, _ theirs: Any) -> Bool {
        switch ours {
        case .null: theirs is NSNull
        case .bool(let bool): (theirs as? Bool) == bool
        case .number(let literal): (theirs as? NSNumber)?.doubleValue == Double(literal)
        case .string(let text): (theirs as? String).map { Array($0.utf8) } == Array(text.utf8)
        case .array(let elements):
            (theirs as? [Any]).map { $0.count == elements.count && zip(elements, $0).allSatisfy(isSame) } ?? false
        case .object(let members):
            // Of a repeated name, Foundation keeps the first.
            (theirs as? [String: Any]).map { Set($0.keys) == Set(members.keys) } ?? false
        }
    }
}
