/// The codes of a request, which its answer is compared with. Prints none of them: they are bearer money.
package struct SentCodes: Sendable, Equatable, CustomStringConvertible {
    /// One per item, as sent; nil where the item was sent without one.
    package let codes: [String?]
    /// The positions (from 0) whose code Giftbridge assigned. Only these prove a sale: others may know a shop's code.
    package let assigned: Set<Int>

    /// - Parameter assigned: Positions without a code are left out.
    package init(codes: [String?], assigned: Set<Int>) {
        self.codes = codes
        self.assigned = assigned.filter { codes.indices.contains($0) && codes[$0] != nil }
    }

    /// How many codes there are.
    package var description: String {
        "SentCodes(\(codes.count) items, \(codes.count { $0 != nil }) codes, \(assigned.count) assigned)"
    }
}

/// How the codes of an accepted answer compare with those that were sent.
package enum CodeMatch: Sendable, Equatable {
    /// Exactly the codes sent, in any order, byte for byte.
    case exact
    /// All codes sent came back, some with other letter case, blanks or separators: the vendor rewrites codes. The
    /// receipt has the vendor's spelling.
    case respelled
    /// Some code that was sent did not come back: the vendor ignores `code`, or it answers another request. Which of the
    /// two, the database knows.
    case unknown
    /// All codes sent came back; the others are the vendor's, for items that were sent without one.
    case unstipulated
}

extension SentCodes {
    /// Gives each item its code out of an answer's: its own where that came back, else the next of the others.
    ///
    /// - Parameter received: As many as there are items, all different.
    /// - Returns: Nil if it is not clear which received code belongs to which item.
    func matched(with received: [String]) -> (codes: [String], match: CodeMatch)? {
        guard received.count == codes.count else { return nil }
        var arranged = [String?](repeating: nil, count: codes.count)
        var others = received
        var isRespelled = false
        // Bytes are compared: Swift's strings are equal where Unicode calls them equivalent.
        for (position, code) in codes.enumerated() {
            guard let code, let index = others.firstIndex(where: { $0.utf8.elementsEqual(code.utf8) }) else { continue }
            arranged[position] = others.remove(at: index)
        }
        let unmatched = codes.indices.filter { codes[$0] != nil && arranged[$0] == nil }
        for position in unmatched {
            guard let form = codes[position].map(Self.comparable) else { continue }
            let candidates = others.indices.filter { Self.comparable(others[$0]) == form }
            guard !candidates.isEmpty else { continue }
            guard candidates.count == 1, unmatched.count(where: { codes[$0].map(Self.comparable) == form }) == 1
            else { return nil }
            arranged[position] = others.remove(at: candidates[0])
            isRespelled = true
        }
        let isUnknown = unmatched.contains { arranged[$0] == nil }
        var rest = others.makeIterator()
        let complete = arranged.compactMap { $0 ?? rest.next() }
        let match: CodeMatch =
            isUnknown ? .unknown : isRespelled ? .respelled : codes.contains(nil) ? .unstipulated : .exact
        return (complete, match)
    }

    /// A code's letters and digits in one case: a code is alphanumeric, so all else is the vendor's typography.
    static func comparable(_ code: String) -> [UInt8] {
        code.utf8.compactMap { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"): byte
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
            // Letters beyond ASCII are no typography.
            case 0x80...: byte
            default: nil
            }
        }
    }
}
