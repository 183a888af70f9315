/// What a walk has more of than chance would give it, so that a mutant is soon seen.
enum Leaning {
    case even
    /// Vendors that refuse much and keep the codes, of shops without a site number.
    case refusals
    /// Small allowances.
    case fewPlaces
    /// Shops that choose their codes, and can have them looked up.
    case chosenCodes
}

/// What one vendor account does beyond what its documents say. Fixed for a walk.
struct Habits {
    /// Sells with codes of its own: there is no lever against a double sale.
    var ignoresCodes = false
    /// Keeps the codes of an order that it refused: they are taken from then on, although nothing was sold.
    var keepsRefused = false
    /// Answers with the codes in lower case and with a hyphen.
    var respells = false
    /// Answers with the codes in another order.
    var reorders = false
    /// Looks at the codes before it looks at the rest of an order.
    var checksCodesFirst = false
    /// May sell the first items of an order and then fail.
    var sellsInPart = false
}

/// What comes back for one request, as the worker sees it.
enum Answer: Equatable {
    case receipt(reference: String, codes: [String])
    /// The order is invalid.
    case refused
    /// Refused codes, by item from 0; `isClear`: in words that clearly say "taken".
    case taken(Set<Int>, isClear: Bool)
    case exists(Bool)
    case setupFault
    case throttled(seconds: Int)
    case serverError
    /// Written, or it may have been, and no answer came.
    case lost
    /// Certainly not written: no connection to the vendor's address.
    case unreachable
    /// Certainly not written, for another reason; the attempt counts.
    case notSent
    /// The worker gave the order back without sending it.
    case released
}

/// What the vendor does with a request that arrives.
enum Mood: CaseIterable {
    case well, refuses, failsBefore, failsAfter, sellsInPart, setupFault, throttles
}

/// One sale in the vendor's books.
struct Sale {
    let key: String
    let company: String
    /// By item: what the vendor sold, spelled as it was sent.
    let codes: [String]
    let reference: String
    let isWhole: Bool
    let request: Request
    /// A layer below the bridge had sent the same request before.
    let isCopy: Bool
}

/// The vendor: sells, refuses, and keeps the ledger that all promises are checked against. Its look at the codes and its sale are one
/// step: a vendor that checks and sells without a lock between is no protection against a double sale, whatever the bridge does.
struct Vendor {
    private(set) var sales: [Sale] = []
    /// Codes that cannot be sold again, per company: sold, or kept from a refused order.
    private var taken: [String: Set<String>] = [:]
    private var sold: [String: Set<String>] = [:]
    /// Requests (by token) whose refusal kept the order's codes, by order.
    private(set) var kept: [String: Set<String>] = [:]
    private var serial = 0
    /// When Giftbridge's requests arrived, by allowance; without copies and what was held on its way.
    var arrivals: [String: [Double]] = [:]

    mutating func receive(
        _ request: Request, mood: Mood, habits: Habits, company: String, isCopy: Bool, chance: inout Chance
    ) -> Answer {
        switch mood {
        case .setupFault: return .setupFault
        case .throttles: return .throttled(seconds: 3 + chance.below(60))
        case .failsBefore: return .serverError
        default: break
        }
        if request.kind == "lookup" {
            guard let code = request.lookedUp else { return .serverError }
            return .exists(sold[company, default: []].contains(code))
        }
        let stipulated = Set(request.codes.compactMap { $0 })
        let positions = Set(
            request.codes.indices.filter { place in
                request.codes[place].map { taken[company, default: []].contains($0) } ?? false
            })
        let isTaken = !habits.ignoresCodes && !positions.isEmpty
        // One in eight is said in words that do not clearly mean "taken".
        let complaint = Answer.taken(positions, isClear: !chance.percent(12))
        if isTaken, habits.checksCodesFirst { return complaint }
        if mood == .refuses {
            if habits.keepsRefused, !isTaken {
                taken[company, default: []].formUnion(stipulated)
                kept[request.key, default: []].insert(request.token)
            }
            return .refused
        }
        if isTaken { return complaint }
        return sell(request, mood, habits, company, isCopy, &chance)
    }

    private mutating func sell(
        _ request: Request, _ mood: Mood, _ habits: Habits, _ company: String, _ isCopy: Bool, _ chance: inout Chance
    ) -> Answer {
        serial += 1
        let reference = "ACME-\(serial)"
        var codes = request.codes.enumerated().map { place, code in
            habits.ignoresCodes ? "V\(serial)N\(place)" : code ?? "V\(serial)N\(place)"
        }
        let isPart = mood == .sellsInPart && habits.sellsInPart && codes.count > 1
        if isPart { codes.removeLast(1 + chance.below(codes.count - 1)) }
        taken[company, default: []].formUnion(codes)
        sold[company, default: []].formUnion(codes)
        sales.append(
            Sale(
                key: request.key, company: company, codes: codes, reference: reference, isWhole: !isPart,
                request: request, isCopy: isCopy))
        if isPart || mood == .failsAfter { return .serverError }
        var told = habits.respells ? codes.map(Self.respelled) : codes
        // It is unknown which item has which of the vendor's own codes.
        if habits.reorders, codes == request.codes { told.reverse() }
        return .receipt(reference: reference, codes: told)
    }

    static func respelled(_ code: String) -> String {
        "\(code.prefix(4))-\(code.dropFirst(4))".lowercased()
    }

    /// As a person would compare two spellings of a code.
    static func plain(_ code: String) -> String {
        code.uppercased().filter { $0 != "-" && $0 != " " }
    }
}
