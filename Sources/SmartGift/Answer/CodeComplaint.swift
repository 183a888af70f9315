/// What the vendor's words about a code say. A wrong ``taken`` would call an order sold that never was: a doubt in the
/// words makes them ``unclear``.
enum CodeComplaint {
    /// A voucher has this code already.
    case taken
    /// The code is too long, has a wrong character or the like; the vendor did not say whether a voucher has it.
    case form
    case unclear

    /// The first message counts, as the vendor's page says; a complaint about the form that is followed by other words
    /// is unclear.
    init(_ field: Refusal.Field, takenWords: [String]) {
        self.init(field.message, takenWords: takenWords)
        if self == .form, field.further.contains(where: { CodeComplaint($0, takenWords: takenWords) != .form }) {
            self = .unclear
        }
    }

    init(_ message: String, takenWords: [String]) {
        let message = " \(message.lowercased().replacing("\u{2019}", with: "'")) "
        let found = takenWords.filter { message.contains($0) }
        // "Is not unique" and "is in use and cannot be used again" deny nothing.
        let words = Self.harmless.reduce(message) { $0.replacing($1, with: "") }
        // A word that was configured as "could not be used" is no doubt about itself.
        func says(_ list: [String]) -> Bool {
            list.contains { word in words.contains(word) && !found.contains { $0.contains(word) } }
        }
        if says(Self.doubts) {
            self = .unclear
        } else if found.isEmpty {
            self = says(Self.lengths) || says(Self.alphabets) ? .form : .unclear
        } else {
            // Codes of ours are alphanumeric, but may be too long: "must be unique and alphanumeric" says taken.
            self = says(Self.denials) || says(Self.lengths) ? .unclear : .taken
        }
    }

    /// Whether words that belong to no field speak of a voucher's code (not of a postcode or an error's number), and not
    /// of its form alone.
    static func isUnclear(summary: String, takenWords: [String]) -> Bool {
        mentionsCode(summary) && CodeComplaint(summary, takenWords: takenWords) != .form
    }

    private static func mentionsCode(_ text: String) -> Bool {
        let words = text.lowercased().split { !$0.isLetter }
        let others: Set<Substring> = ["post", "postal", "zip", "country", "area", "error", "status"]
        return words.indices.contains { index in
            (words[index] == "code" || words[index] == "codes") && (index == 0 || !others.contains(words[index - 1]))
        }
    }

    private static let harmless = [
        "not unique", "n't unique", "cannot be used", "can't be used", "can not be used", "not be used",
    ]
    /// The vendor does not know, or says more than one thing.
    private static let doubts = [
        "could", "unable", "check", "verif", "determin", "whether", " if ", " or ", "?", "temporar", "unavailable",
        "later", "busy", "timed out", "timeout", "time-out", "fail", "process", "progress", "pending", "reserv", "lock",
        "might", "may be ", "may have", "may already", "maybe", "perhaps", "possibl", "probabl", "seems", "appears",
        "unknown", "invalid", "limit", "reached", "expir", "cancel", "refus", "reject", "delet", "attempt",
        // Laravel's rule about values within one request, and complaints about characters within one code.
        "duplicate value", "request", "same order", "this order", "within", "repeat", "unique char", "unique letter",
        "duplicate char", "duplicate letter",
    ]
    /// A code that the vendor does not know is the opposite of a sale.
    private static let denials = [
        "not ", "not,", "not.", "n't ", "never", "neither", "no longer", "no such", "no code", "no voucher",
        "non-exist", "nonexist", "must exist", "should exist", "has to exist", "mistaken", "undertaken",
    ]
    private static let lengths = [
        "greater than", "less than", "more than", "fewer than", "at least", "at most", "between", "too long",
        "too short", "length", "maximum", "minimum", "exceed", "up to", "longer", "shorter", "required", "null",
        "empty",
    ]
    private static let alphabets = [
        "character", "alphanumeric", "alpha-numeric", "letters", "numbers", "digits", "numeric", "format", "a string",
        "uppercase", "upper case", "lowercase", "lower case", "spaces",
    ]
}
