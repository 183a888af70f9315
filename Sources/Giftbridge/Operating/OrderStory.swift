import FoundationEssentials
import LibPQ

/// Everything about one order that an operator may see: its status, its history, and what happens next.
package struct OrderStory: Sendable, Equatable, Encodable {
    /// The order, and what decides its next step.
    package let facts: OrderFacts
    /// Its attempts, oldest first.
    package let journal: [JournalEntry]

    /// Memberwise.
    package init(facts: OrderFacts, journal: [JournalEntry]) {
        self.facts = facts
        self.journal = journal
    }

    /// The order itself.
    package var order: OrderSummary { facts.order }

    /// What happens next, and what can be done.
    package var outlook: OrderOutlook { OrderOutlook(facts) }

    enum CodingKeys: String, CodingKey {
        case order, journal, outlook
    }

    /// As `{"order": …, "journal": […], "outlook": …}`.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(order, forKey: .order)
        try container.encode(journal, forKey: .journal)
        try container.encode(outlook, forKey: .outlook)
    }
}

extension OrderStory {
    /// Something that happened to the order.
    package struct Event: Sendable, Equatable {
        /// When, by the database's clock.
        package let at: Date
        /// A few words.
        package let what: String
        /// A sentence with details; nil: there are none.
        package let detail: String?
    }

    /// What happened, oldest first.
    package var timeline: [Event] {
        var events = [Event(at: order.createdAt, what: "inserted by the shop", detail: nil)]
        for entry in journal {
            events.append(
                Event(at: entry.claimedAt, what: "attempt \(entry.attempt) claimed by \(entry.worker)", detail: nil))
            guard let finishedAt = entry.finishedAt else { continue }
            events.append(Event(at: finishedAt, what: entry.answer, detail: entry.error))
        }
        // What an operator did is not in the journal.
        let isLater = events.allSatisfy { order.updatedAt.timeIntervalSince($0.at) > 0.01 }
        switch order.status {
        case .cancelled: events.append(Event(at: order.updatedAt, what: "cancelled", detail: nil))
        case .completed where isLater: events.append(Event(at: order.updatedAt, what: "completed", detail: order.error))
        case .pending where isLater: events.append(Event(at: order.updatedAt, what: "pending again", detail: nil))
        default: break
        }
        return events.sorted { $0.at < $1.at }
    }
}

extension JournalEntry {
    /// The attempt's outcome in a few words.
    fileprivate var answer: String {
        let answered = httpStatus.map { "the vendor answered HTTP \($0)" } ?? "no answer from the vendor"
        return switch outcome {
        // A refusal of a verification, because the code is taken, is the proof.
        case .completed?: (httpStatus ?? 200) < 300 ? "\(answered): sold" : "\(answered): sold by an earlier request"
        case .rejected?: httpStatus == nil ? "refused by Giftbridge's own check" : "\(answered): refused"
        case .retry?: "\(answered): not sold"
        case .inDoubt?: "\(httpStatus == nil ? "no clear answer" : answered); outcome unknown"
        case .released?: "returned to the queue unsent"
        case nil: "in flight"
        }
    }
}

/// One attempt: a row of the view `giftbridge.journal`.
package struct JournalEntry: Sendable, Equatable, Codable {
    /// The attempt's outcome.
    package enum Outcome: String, Sendable, Codable {
        case completed, rejected
        /// Certainly not sold; the order is sent again, or has failed.
        case retry
        /// The answer is lost; the outcome is unknown.
        case inDoubt = "in_doubt"
        /// Returned to the queue unsent.
        case released
    }

    /// The submission's number.
    package let id: Int
    /// The order's counted attempts, including this one.
    package let attempt: Int
    /// The worker that sent the request.
    package let worker: String
    /// When it was claimed; committed before the request was sent.
    package let claimedAt: Date
    /// When the outcome was written; nil: in flight.
    package let finishedAt: Date?
    /// The status of the vendor's answer; nil: there was none.
    package let httpStatus: Int?
    /// Nil: in flight.
    package let outcome: Outcome?
    /// One readable sentence; nil: nothing went wrong.
    package let error: String?

    /// The names in JSON.
    enum CodingKeys: String, CodingKey {
        case id, attempt, worker
        case claimedAt = "claimed_at"
        case finishedAt = "finished_at"
        case httpStatus = "http_status"
        case outcome, error
    }
}

extension JournalEntry {
    /// Reads a row of `order_journal` of `sql/queries/reading.sql`.
    init(_ row: Row) throws {
        id = try row.int("id")
        attempt = try row.int("attempt")
        worker = try row.text("worker")
        claimedAt = try row.date("claimed_at")
        finishedAt = try row.optionalDate("finished_at")
        httpStatus = try row.optionalInt("http_status")
        outcome = try row.optionalText("outcome").flatMap(Outcome.init)
        error = try row.optionalText("error")
    }
}

/// Everything that decides what happens to an order next: a row of the view `giftbridge.order_story`.
package struct OrderFacts: Sendable, Equatable {
    /// The order itself.
    package var order: OrderSummary
    /// When the row was read, by the database's clock.
    package var lookedAt: Date
    /// The earliest time to send it, set by the shop.
    package var submitAfter: Date
    /// Since when its outcome is unknown; nil: it is not in doubt.
    package var inDoubtSince: Date?
    /// Its shop is paused; none of the shop's orders are sent.
    package var shopPaused = false
    /// When the next test order is sent; nil while paused: the shop has to be resumed.
    package var shopPausedUntil: Date?
    /// Why the shop is paused, and what to do.
    package var shopPauseReason: String?
    /// Requests of the shop's rate group that may be sent now; nil: no limit.
    package var allowanceLeft: Int?
    /// When the next request may be sent, if none may now.
    package var allowanceNextAt: Date?
    /// Number of the shop's orders that are sent before it; nil: it is not pending.
    package var ahead: Int?
    /// Seconds until it has been sent and answered; nil: not due, or not known.
    package var turnSeconds: Double?
    /// The worker that is sending it; nil: the order is not submitting.
    package var heldBy: String?
    /// That worker's state; nil: it has no status row.
    package var holderState: WorkerReport.State?
    /// At least one worker is running.
    package var workerRuns = true
    /// Its personal data was erased, so it cannot be sent again.
    package var isErased = false
    /// Its outcome was unknown at some time.
    package var wasInDoubt = false
}

extension OrderFacts {
    /// Reads a row of `order_story` of `sql/queries/reading.sql`.
    init(_ row: Row) throws {
        order = try OrderSummary(row)
        lookedAt = try row.date("looked_at")
        submitAfter = try row.date("submit_after")
        inDoubtSince = try row.optionalDate("in_doubt_since")
        shopPaused = try row.bool("shop_paused")
        shopPausedUntil = try row.optionalDate("shop_paused_until")
        shopPauseReason = try row.optionalText("shop_pause_reason")
        allowanceLeft = try row.optionalInt("allowance_left")
        allowanceNextAt = try row.optionalDate("allowance_next_at")
        ahead = try row.optionalInt("ahead")
        turnSeconds = try row.optionalDouble("turn_seconds")
        heldBy = try row.optionalText("held_by")
        holderState = try row.optionalText("holder_state").flatMap(WorkerReport.State.init)
        workerRuns = try row.bool("worker_runs")
        isErased = try row.bool("erased")
        wasInDoubt = try row.bool("was_in_doubt")
    }
}
