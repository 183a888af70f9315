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
