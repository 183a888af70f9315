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

extension ClaimedOrder {
    /// Log metadata of a claim, with the same key for the order's id as in its settlement.
    var metadata: Logger.Metadata {
        [
            "order": "\(orderID)", "shop": "\(shop)", "attempt": "\(attempt)", "kind": "\(kind.rawValue)",
        ]
    }
}
