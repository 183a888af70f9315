import Logging

extension Settlement {
    /// Log metadata of a settlement: ids, states and Giftbridge's own words; no codes, no personal data.
    var metadata: Logger.Metadata {
        var metadata: Logger.Metadata = [
            "order": "\(orderID)", "shop": "\(lane.shop)", "outcome": "\(outcome.rawValue)",
        ]
        if let httpStatus { metadata["http_status"] = "\(httpStatus)" }
        // The vendor's words may repeat what the customer wrote, so they are in the row, but not in the log.
        if let error, outcome != .rejected { metadata["reason"] = "\(error)" }
        return metadata
    }

    /// One line per finished order at info; what needs attention at warning.
    func level(of status: OrderStatus) -> Logger.Level {
        switch status {
        case .completed: error == nil ? .info : .warning
        case .rejected, .failed: .info
        case .inDoubt: .warning
        case .pending, .submitting, .cancelled: .notice
        }
    }

    /// The log line's text.
    func headline(of status: OrderStatus) -> String {
        switch status {
        case .completed: "Order completed."
        case .rejected: "Order rejected."
        case .failed: "Order failed."
        case .inDoubt: "Order in doubt: its outcome is unknown."
        case .pending, .submitting, .cancelled: "Order is waiting for its next attempt."
        }
    }
}

/// What an operator has to know of a result beyond what became of the order.
struct Alarm: Sendable, Equatable {
    let level: Logger.Level
    /// For the log.
    let message: String
    /// For the worker's row in `giftbridge.status`; nil: nothing.
    let fault: String?

    /// Nil: nothing is out of the ordinary.
    init?(_ result: Settlement, _ settled: Settled?) {
        let order = "order \(result.orderID)"
        switch settled?.note {
        case .soldAgain?:
            level = .critical
            message = """
                The order was accepted twice, under different references: ask the vendor whether it was sold twice.
                """
            fault = "\(order) has two references: it may have been sold twice"
        case .gone?:
            level = .critical
            message = "The vendor sold an order that is not in this database; its answer is kept in the journal."
            fault = "the vendor sold an order that is not in this database (\(order))"
        case .foreign?:
            level = .critical
            message = "The vendor's answer has codes of another order; it was not stored."
            fault = "\(order) was answered with codes of another order"
        case .codesIgnored?:
            level = .critical
            message = """
                The vendor ignores voucher codes; orders of this shop are not verified by sending them again, as that could \
                sell them twice.
                """
            fault = "the vendor of shop \(result.lane.shop) ignores voucher codes"
        case .codesRespelled?:
            level = .warning
            message = "The vendor spells voucher codes differently from what was sent."
            fault = nil
        case .late?, nil:
            guard settled?.isApplied != true else { return nil }
            level = .warning
            message = "Another process acted on the order meanwhile; the result is only in the journal."
            fault = nil
        }
    }
}

extension ClaimedOrder {
    /// Log metadata of a claim, with the same key for the order's id as in its settlement.
    var metadata: Logger.Metadata {
        [
            "order": "\(orderID)", "shop": "\(shop)", "attempt": "\(attempt)", "kind": "\(kind.rawValue)",
        ]
    }
}
