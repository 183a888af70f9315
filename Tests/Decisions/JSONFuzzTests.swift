import Foundation
import SmartGift
import TestSupport
import Testing

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
