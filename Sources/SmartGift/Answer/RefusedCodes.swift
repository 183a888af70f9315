/// What a refusal says about the codes that Giftbridge assigned.
///
/// What the vendor says where a code is taken is undocumented. A clear word is an error of the field `items.0.code` that
/// says *taken*; everything else that may speak of codes is unclear, and everything else that does not, no evidence.
struct RefusedCodes {
    /// The assigned positions that are clearly taken.
    let taken: Set<Int>
    /// Something is said about codes that is neither a clear *taken* nor a complaint about their form.
    let areUnclear: Bool
    /// Every assigned code is taken, and nothing speaks of codes that were not sent.
    let areAllTaken: Bool
    /// What was found, without codes and without the vendor's words.
    let sentence: String

    init(_ refusal: Refusal, _ sent: SentCodes, _ takenWords: [String]) {
        var taken: Set<Int> = []
        var areUnclear = false
        var fitsRequest = true
        var namesCode = false
        for field in refusal.fields {
            let complaint = CodeComplaint(field, takenWords: takenWords)
            switch Subject(path: field.path) {
            case .code(let position):
                namesCode = true
                if !sent.codes.indices.contains(position) || sent.codes[position] == nil {
                    if complaint != .form { fitsRequest = false }
                } else if sent.assigned.contains(position) {
                    if complaint == .taken { taken.insert(position) }
                    if complaint == .unclear { areUnclear = true }
                }
            case .codes:
                namesCode = true
                if complaint != .form { areUnclear = true }
            case .item:
                if complaint == .taken { areUnclear = true }
            case .other: break
            }
        }
        // Where no field is a code, the summary may speak of one: "The code has already been taken." Laravel's repeats the
        // first field's message, which was judged with its field.
        let named = refusal.fields.filter { !$0.path.isEmpty && !$0.message.isEmpty }.map(\.message)
        let summaries = ([refusal.message] + refusal.fields.filter(\.path.isEmpty).map(\.message))
            .filter { !named.contains(where: $0.hasPrefix) }
        if !namesCode, summaries.contains(where: { CodeComplaint.isUnclear(summary: $0, takenWords: takenWords) }) {
            areUnclear = true
        }
        self.taken = taken
        self.areUnclear = !sent.assigned.isEmpty && (areUnclear || !fitsRequest)
        areAllTaken = fitsRequest && !sent.assigned.isEmpty && taken == sent.assigned
        sentence = Self.sentence(taken, sent, status: refusal.status)
    }

    private static func sentence(_ taken: Set<Int>, _ sent: SentCodes, status: Int) -> String {
        func names(_ positions: Set<Int>) -> String {
            let names = positions.sorted().prefix(20).map { "items.\($0).code" }.joined(separator: ", ")
            return positions.count > 20 ? names + ", …" : names
        }
        if taken.isEmpty {
            return "The vendor refused the order because of its codes (HTTP \(status)) and did not clearly say that "
                + "they are taken."
        }
        let rest = sent.assigned.subtracting(taken)
        return "The vendor says that \(names(taken)) is taken (HTTP \(status))"
            + (rest.isEmpty ? ", and names a code that was not sent." : ", and does not say it of \(names(rest)).")
    }

    /// What a field path names.
    private enum Subject {
        /// The code of one item: `items.0.code`, also written `items[0].code` or `items[0][code]`.
        case code(Int)
        /// Codes, but not which.
        case codes
        /// The items, or one as a whole.
        case item
        case other

        private static let namesOfCodes: Set<Substring> = [
            "code", "codes", "voucher_code", "voucher_codes", "voucher_no", "voucher_nos",
        ]

        init(path: String) {
            let lowercased = path.lowercased()
            let parts = lowercased.split { ".[]\"'/".contains($0) }
            if parts.count == 3, parts[0] == "items", parts[2] == "code", let position = Int(parts[1]), position >= 0 {
                self = .code(position)
            } else if parts.contains(where: Self.namesOfCodes.contains) {
                self = .codes
            } else {
                self = parts.first == "items" && parts.count <= 2 ? .item : .other
            }
        }
    }
}

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
