/// What the vendor's pages leave open, or what stands between vendor and client may do: a way in which the sandbox treats
/// sale requests. Habits last until they are changed; as a ``FaultKind`` of the same name one lasts for one request.
public enum Habit: String, Sendable, Hashable, CaseIterable {
    /// The receipt stands below `data`.
    case nestedAnswer = "nested_answer"
    /// The receipt calls the reference `order_id`.
    case referenceAsOrderID = "reference_as_order_id"
    /// The receipt has the codes from the last item to the first.
    case codesReordered = "codes_reordered"
    /// The receipt has the codes in small letters, with a blank in the middle; `POST /redeem/check` finds either spelling.
    case codesRespelled = "codes_respelled"
    /// `items[].code` is not looked at: every code is made here, and none that was asked for is ever taken.
    case codesIgnored = "codes_ignored"
    /// Only the first item is sold; then the answer is a 500.
    case partialSale = "partial_sale"
    /// A layer before the vendor sends the request twice; the answer to the second copy is returned.
    case sentTwice = "sent_twice"
    /// Of codes that are taken only the first is reported.
    case firstTakenOnly = "first_taken_only"
    /// A code that is taken is refused in words that do not say so.
    case unclearTaken = "unclear_taken"
    /// A refusal because of taken codes is a 409 with the usual body.
    case takenConflict = "taken_409"
    /// An order that is refused keeps its codes: they are taken from then on, although no voucher has them.
    case refusedKeepsCodes = "refused_keeps_codes"
    /// The answer is the one to the sale request before; the first request since the start gets its own.
    case staleAnswer = "stale_answer"

    /// What the habit does, in a line.
    public var summary: String {
        switch self {
        case .nestedAnswer: "the receipt stands below \"data\""
        case .referenceAsOrderID: "the receipt calls the reference order_id"
        case .codesReordered: "the receipt has the codes in reverse order"
        case .codesRespelled: "the receipt has the codes in small letters, with a blank"
        case .codesIgnored: "codes asked for are ignored: each is made here"
        case .partialSale: "only the first item is sold, then the answer is a 500"
        case .sentTwice: "each request is processed twice, the second answer comes back"
        case .firstTakenOnly: "of codes that are taken only the first is reported"
        case .unclearTaken: "a taken code is refused in words that do not say so"
        case .takenConflict: "taken codes are a 409 with the usual body"
        case .refusedKeepsCodes: "an order that is refused keeps its codes"
        case .staleAnswer: "a request gets the answer to the one before"
        }
    }
}

/// How the sandbox treats sale requests: what of it can change while it runs.
struct Manner: Equatable, Sendable {
    var habits: Set<Habit>
    /// The company's id and what follows it, in front of every reference.
    var referencePrefix: String

    func has(_ habit: Habit) -> Bool { habits.contains(habit) }

    /// This manner with one habit more.
    func adding(_ habit: Habit?) -> Manner {
        Manner(habits: habit.map { habits.union([$0]) } ?? habits, referencePrefix: referencePrefix)
    }
}
