#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Everything about one order that an operator may see: its status, its history, and what happens next.
public struct OrderStory: Sendable, Equatable, Encodable {
    /// The order, and what decides its next step.
    public let facts: OrderFacts
    /// Its attempts, oldest first.
    public let journal: [JournalEntry]

    /// Memberwise.
    public init(facts: OrderFacts, journal: [JournalEntry]) {
        self.facts = facts
        self.journal = journal
    }

    /// The order itself.
    public var order: OrderSummary { facts.order }

    /// What happens next, and what can be done.
    public var outlook: OrderOutlook { OrderOutlook(facts) }

    enum CodingKeys: String, CodingKey {
        case order, journal, outlook
    }

    /// As `{"order": …, "journal": […], "outlook": …}`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(order, forKey: .order)
        try container.encode(journal, forKey: .journal)
        try container.encode(outlook, forKey: .outlook)
    }
}

extension OrderStory {
    /// Something that happened to the order.
    public struct Event: Sendable, Equatable {
        /// When, by the database's clock.
        public let at: Date
        /// A few words.
        public let what: String
        /// A sentence with details; nil: there are none.
        public let detail: String?
    }

    /// What happened, oldest first.
    public var timeline: [Event] {
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
