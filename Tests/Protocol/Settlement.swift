/// What a worker writes back of one answer: docs/guarantees.md once more, written independently of the product's code.
struct Settlement {
    var outcome: String
    var status: String
    var counted = true
    var dueIn: Duration?
    var httpStatus: Int?
    var error: String?
    var reference: String?
    var codes: [String]?
    var match: String?
    var effect: String?
    var wait: Duration?
    var found: Bool?

    /// An accepted answer with the codes that were sent, however they are spelled.
    var isReceipt: Bool { status == "completed" && match != "taken" }

    init(outcome: String, status: String) {
        self.outcome = outcome
        self.status = status
    }

    /// Attempts that count before an order that was never sent is given up.
    static let maximumAttempts = 4

    init(_ answer: Answer, to request: Request) {
        let isLookup = request.kind == "lookup"
        let isSale = request.kind == "sale"
        let unsold = isSale ? "pending" : "in_doubt"
        switch answer {
        case .receipt(let reference, let codes):
            self.init(receipt: codes, request)
            self.reference = isReceipt ? reference : nil
            httpStatus = 200
        case .refused:
            self.init(outcome: "rejected", status: "rejected")
            (httpStatus, error) = (422, "items.0: The vendor says no.")
        case .taken(let positions, let isClear):
            self.init(taken: isClear ? positions : [], request)
            httpStatus = 422
        case .exists(let found):
            self.init(outcome: "completed", status: "in_doubt")
            (self.found, httpStatus) = (found, found ? 200 : 422)
        case .setupFault:
            self.init(outcome: "retry", status: unsold)
            (httpStatus, error, effect, counted) = (401, "The vendor refused the key.", "setup", false)
            dueIn = isLookup ? .seconds(30) : .seconds(1)
        case .throttled(let seconds):
            self.init(outcome: "retry", status: unsold)
            (httpStatus, error, counted) = (429, "The vendor's rate limit was reached.", false)
            (effect, wait) = ("throttled", .seconds(seconds))
            dueIn = isLookup ? .seconds(30) : .zero
        case .serverError, .lost:
            self.init(outcome: "in_doubt", status: "in_doubt")
            (httpStatus, error) = (answer == .lost ? nil : 500, "No clear answer.")
            dueIn = .seconds(60)
        case .unreachable:
            self.init(outcome: "retry", status: unsold)
            (error, counted) = ("Connection refused.", false)
            (effect, wait, dueIn) = ("unreachable", .seconds(1), .seconds(300))
        case .notSent:
            let isGivenUp = isSale && request.attempt >= Self.maximumAttempts
            self.init(outcome: "retry", status: isGivenUp ? "failed" : unsold)
            (error, counted, dueIn) = ("The deadline passed before it was written.", isSale, .seconds(5))
        case .released:
            self.init(outcome: "released", status: unsold)
            (error, counted, dueIn) = ("Returned to the queue unsent.", false, .seconds(1))
        }
    }

    /// A successful answer: which item has which code, and what that says of the request.
    private init(receipt codes: [String], _ request: Request) {
        let sent = request.codes
        let isStipulated = sent.contains { $0 != nil }
        self.init(outcome: "completed", status: "completed")
        if codes.count != sent.count {
            unclear()
        } else if !isStipulated {
            (match, self.codes) = ("unstipulated", codes)
        } else if Set(codes) == Set(sent.compactMap { $0 }) {
            (match, self.codes) = ("exact", sent.compactMap { $0 })
        } else {
            let spelled = Dictionary(codes.map { (Vendor.plain($0), $0) }, uniquingKeysWith: { first, _ in first })
            let ours = sent.compactMap { $0.flatMap { spelled[Vendor.plain($0)] } }
            if ours.count == sent.count {
                (match, self.codes) = ("respelled", ours)
            } else if ours.isEmpty {
                (match, self.codes) = ("unknown", codes)
            } else {
                unclear()
            }
        }
    }

    private mutating func unclear() {
        (outcome, status, error, dueIn) = ("in_doubt", "in_doubt", "An answer that does not fit.", .seconds(60))
    }

    /// A refusal of codes.
    private init(taken positions: Set<Int>, _ request: Request) {
        let assigned = Set(request.assigned.indices.filter { request.assigned[$0] })
        if !assigned.isEmpty, assigned.isSubset(of: positions) {
            self.init(outcome: "completed", status: "completed")
            (match, codes) = ("taken", request.codes.compactMap { $0 })
            error = "Sold. The vendor confirms that the codes exist, but its reply was lost."
        } else if assigned.isEmpty {
            // A code that the shop chose is taken: that may be another's.
            self.init(outcome: "rejected", status: "rejected")
            error = "items.0.code: is taken."
        } else {
            self.init(outcome: "in_doubt", status: "in_doubt")
            error = "Some codes are taken, or it is not clear whether they are."
        }
    }
}
