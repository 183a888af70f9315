/// A way in which the sandbox misbehaves on a sale request, on demand or at random.
///
/// A fault comes after rate limit and key: a request that those refuse does not use one up.
public enum FaultKind: Sendable, Hashable {
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
    public static let statuses = [
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
    public static let all: [FaultKind] = named.map(\.kind)

    /// The kinds after which a sender cannot know whether the sale happened: what ``SandboxConfiguration/faultKinds``
    /// is by default. The hanging and slow ones are left out, as they would make every run wait.
    public static let doubtful: [FaultKind] = [
        .status(500), .status(502), .status(503), .status(504), .processedThen(500), .processedThen(504),
        .closeBefore, .closeAfter, .resetAfter, .closeMidAnswer, .empty200, .garbage200, .truncatedJSON200, .html200,
    ]

    /// The kind of a name, e.g. `close_after`, `status_503`, `processed_then_500`; nil for an unknown name.
    public init?(name: String) {
        guard let kind = Self.kinds[name] else { return nil }
        self = kind
    }

    /// The kind's name, as the admin endpoint and the ledger have it.
    public var name: String {
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
