/// A way in which the sandbox misbehaves on a sale request, on demand or at random.
///
/// A fault comes after rate limit and key: a request that those refuse does not use one up.
package enum FaultKind: Sendable, Hashable {
    /// Not processed; this status and a body that fits it. 301, 302, 307 and 308 name a `Location` at the sandbox
    /// itself, so that a client that follows one is seen in the ledger.
    case status(Int)
    /// Processed as usual, but this status is answered.
    case processedThen(Int)
    /// Not processed; the connection is cut without an answer.
    case closeBefore
    /// Processed; the connection is cut without an answer.
    case closeAfter
    /// Processed; the connection is reset (RST instead of FIN) without an answer.
    case resetAfter
    /// Processed; the connection is cut in the middle of the answer's body.
    case closeMidAnswer
    /// Not processed, not answered: waits until the client goes away, or the bound, then cuts.
    case hangBefore
    /// Processed, not answered: waits until the client goes away, or the bound, then cuts.
    case hangAfter
    /// Waits until the client goes away, or the bound, and processes only then: a sale that comes late.
    case hangThenSell
    /// Processed; the answer trickles over ``SandboxConfiguration/slowAnswerDuration``.
    case slowAnswer
    /// Processed; 200 with an empty body.
    case empty200
    /// Processed; 200 with bytes that are no JSON and no text.
    case garbage200
    /// Processed; 200 with the first half of the JSON that should have come, its length declared as such.
    case truncatedJSON200
    /// Processed; 200 with an HTML page.
    case html200
    /// Processed; 200 with correct JSON of more than 2 MB.
    case huge200
    /// Processed; the answer has one voucher code too few (none, of one). Only strikes what is sold.
    case wrongCodesCount
    /// Processed; the answer has no `order_reference`. Only strikes what is sold.
    case missingReference
    /// Processed; the right body, but called `text/html`.
    case wrongContentType
    /// The request is treated by a habit that is not the sandbox's usual one.
    case habit(Habit)

    /// The statuses that ``status(_:)`` and ``processedThen(_:)`` know.
    static let statuses = [
        301, 302, 307, 308, 400, 401, 403, 404, 408, 409, 418, 422, 425, 429, 500, 502, 503, 504,
    ]

    private static let named: [(name: String, kind: FaultKind)] =
        [
            ("close_before", .closeBefore), ("close_after", .closeAfter), ("reset_after", .resetAfter),
            ("close_mid_answer", .closeMidAnswer),
            ("hang_before", .hangBefore), ("hang_after", .hangAfter), ("hang_then_sell", .hangThenSell),
            ("slow_answer", .slowAnswer), ("empty_200", .empty200), ("garbage_200", .garbage200),
            ("truncated_json_200", .truncatedJSON200), ("html_200", .html200), ("huge_200", .huge200),
            ("wrong_codes_count", .wrongCodesCount), ("missing_reference", .missingReference),
            ("wrong_content_type", .wrongContentType),
        ]
        + statuses.map { ("status_\($0)", .status($0)) }
        + statuses.map { ("processed_then_\($0)", .processedThen($0)) }
        + Habit.allCases.map { ($0.rawValue, .habit($0)) }

    private static let kinds = Dictionary(uniqueKeysWithValues: named.map { ($0.name, $0.kind) })
    private static let names = Dictionary(uniqueKeysWithValues: named.map { ($0.kind, $0.name) })

    /// Every kind, in the order of their documentation.
    package static let all: [FaultKind] = named.map(\.kind)

    /// The kinds after which a sender cannot know whether the sale happened: what ``SandboxConfiguration/faultKinds``
    /// is by default. The hanging and slow ones are left out, as they would make every run wait.
    package static let doubtful: [FaultKind] = [
        .status(500), .status(502), .status(503), .status(504), .processedThen(500), .processedThen(504),
        .closeBefore, .closeAfter, .resetAfter, .closeMidAnswer, .empty200, .garbage200, .truncatedJSON200, .html200,
    ]

    /// The kind of a name, e.g. `close_after`, `status_503`, `processed_then_500`; nil for an unknown name.
    package init?(name: String) {
        guard let kind = Self.kinds[name] else { return nil }
        self = kind
    }

    /// The kind's name, as the admin endpoint and the ledger have it.
    package var name: String {
        Self.names[self] ?? "\(self)"
    }
}

extension FaultKind {
    /// Whether the kind changes only the answer to a successful sale, and so waits for one.
    var needsSale: Bool {
        self == .wrongCodesCount || self == .missingReference
    }

    /// The habit that the kind is; nil for another kind.
    var habit: Habit? {
        if case .habit(let habit) = self { habit } else { nil }
    }
}

/// A way of handling sale requests that the vendor's documentation leaves open, or that a layer between vendor and client may
/// cause. Habits last until they are changed; as a ``FaultKind`` of the same name one lasts for one request.
package enum Habit: String, Sendable, Hashable, CaseIterable {
    /// The receipt is inside `data`.
    case nestedAnswer = "nested_answer"
    /// The receipt calls the reference `order_id`.
    case referenceAsOrderID = "reference_as_order_id"
    /// The receipt has the codes from the last item to the first.
    case codesReordered = "codes_reordered"
    /// The receipt has the codes in small letters, with a blank in the middle; `POST /redeem/check` finds either spelling.
    case codesRespelled = "codes_respelled"
    /// `items[].code` is ignored: the sandbox creates all codes, so that no requested code is ever taken.
    case codesIgnored = "codes_ignored"
    /// Only the first item is sold; then the answer is a 500.
    case partialSale = "partial_sale"
    /// A layer before the vendor sends the request twice; the answer to the second copy is returned.
    case sentTwice = "sent_twice"
    /// Only the first of several taken codes is reported.
    case firstTakenOnly = "first_taken_only"
    /// A code that is taken is refused in words that do not say so.
    case unclearTaken = "unclear_taken"
    /// A refusal because of taken codes is a 409 with the usual body.
    case takenConflict = "taken_409"
    /// An order that is refused keeps its codes: they are taken from then on, although no voucher has them.
    case refusedKeepsCodes = "refused_keeps_codes"
    /// The answer is the one to the sale request before; the first request since the start gets its own.
    case staleAnswer = "stale_answer"

    /// What the habit does, in one line.
    var summary: String {
        switch self {
        case .nestedAnswer: "the receipt is inside \"data\""
        case .referenceAsOrderID: "the receipt calls the reference order_id"
        case .codesReordered: "the receipt has the codes in reverse order"
        case .codesRespelled: "the receipt has the codes in small letters, with a blank"
        case .codesIgnored: "requested codes are ignored; the sandbox creates its own"
        case .partialSale: "only the first item is sold, then the answer is a 500"
        case .sentTwice: "each request is processed twice; the second answer is returned"
        case .firstTakenOnly: "only the first of several taken codes is reported"
        case .unclearTaken: "the refusal of a taken code does not say that it is taken"
        case .takenConflict: "taken codes are refused with 409 and the usual body"
        case .refusedKeepsCodes: "the codes of a refused order stay taken"
        case .staleAnswer: "a request gets the answer to the previous one"
        }
    }
}

/// How the sandbox handles sale requests; can be changed while it runs.
struct Manner: Equatable, Sendable {
    var habits: Set<Habit>
    /// The prefix of every reference: the company's id and a separator.
    var referencePrefix: String

    func has(_ habit: Habit) -> Bool { habits.contains(habit) }

    /// This manner with one habit more.
    func adding(_ habit: Habit?) -> Manner {
        Manner(habits: habit.map { habits.union([$0]) } ?? habits, referencePrefix: referencePrefix)
    }
}
