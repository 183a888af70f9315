import Logging

extension Settlement {
    /// What the log has of a settlement: ids and states, no reference of the shop's, no code, no personal data.
    var metadata: Logger.Metadata {
        var metadata: Logger.Metadata = [
            "order": "\(orderID)", "shop": "\(shop)", "submission": "\(submissionID)", "status": "\(status.rawValue)",
        ]
        if let httpStatus, httpStatus > 0 { metadata["http_status"] = "\(httpStatus)" }
        if let error { metadata["reason"] = "\(error)" }
        return metadata
    }

    /// One line per finished order at info; what is not finished says so a level below or above.
    var level: Logger.Level {
        switch status {
        case .completed: error == nil ? .info : .warning
        case .rejected, .failed: .info
        case .inDoubt: .warning
        case .pending, .submitting, .cancelled: .notice
        }
    }

    /// The log line's text.
    var headline: String {
        switch status {
        case .completed: "Order completed."
        case .rejected: "Order rejected."
        case .failed: "Order failed."
        case .inDoubt: "Order in doubt."
        case .pending, .submitting, .cancelled: "Order waits for its next attempt."
        }
    }
}
