/// A way of handling sale requests that the vendor's documentation leaves open, or that a layer between vendor and client may
/// cause. Habits last until they are changed; as a ``FaultKind`` of the same name one lasts for one request.
public enum Habit: String, Sendable, Hashable, CaseIterable {
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
    public var summary: String {
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
