/// The voucher codes and order references that sales have taken, and how new ones are found.
///
/// Names are compared without regard to case, as a Laravel application on MySQL does by default; the vendor's page
/// does not say. They are never forgotten before a reset, also when the ledger's oldest sales are: a sale must not
/// be possible twice only because much was sold in between.
struct TakenNames {
    private var sequences: [String: Int] = [:]
    /// Codes that belong to no sale and are taken all the same.
    private var kept: Set<String> = []
    private var references: Set<String> = []
    /// The last suffix tried for a reference, so that the thousandth renaming does not try a thousand names.
    private var suffixes: [String: Int] = [:]
    private var generator: Draw

    /// - Parameter seed: what made codes are drawn from.
    init(seed: UInt64) {
        generator = Draw(seed: seed)
    }

    /// The form in which names are compared.
    static func compared(_ name: String) -> String {
        name.lowercased()
    }

    /// The sale that a code belongs to; nil where it is free.
    func sequence(ofCode code: String) -> Int? {
        sequences[Self.compared(code)]
    }

    func isCodeTaken(_ compared: String) -> Bool {
        sequences[compared] != nil || kept.contains(compared)
    }

    /// Takes a code for an order that was refused.
    mutating func keep(code: String) {
        kept.insert(Self.compared(code))
    }

    mutating func take(code: String, for sequence: Int) {
        sequences[Self.compared(code)] = sequence
    }

    /// Makes a code: 12 characters out of capital letters and digits, none of them easily mistaken.
    mutating func takeMadeCode(for sequence: Int) -> String {
        let alphabet = Array("ABCDEFGHJKMNPQRSTVWXYZ23456789")
        while true {
            let code = String((0..<12).map { _ in alphabet[Int(generator.next(upperBound: UInt(alphabet.count)))] })
            if isCodeTaken(Self.compared(code)) { continue }
            take(code: code, for: sequence)
            return code
        }
    }

    /// The reference of an order: its id where that is free, else the id with `-2`, `-3`, …; `SG-<sequence>`, made
    /// unique in the same way, where it has none.
    mutating func takeReference(orderID: String?, sequence: Int) -> String {
        let wanted = orderID ?? "SG-\(sequence)"
        let name = Self.compared(wanted)
        if references.insert(name).inserted { return wanted }
        var suffix = suffixes[name] ?? 1
        var reference: String
        repeat {
            suffix += 1
            reference = "\(wanted)-\(suffix)"
        } while !references.insert(Self.compared(reference)).inserted
        suffixes[name] = suffix
        return reference
    }
}
