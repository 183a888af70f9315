import LibPQ

/// Why a request to the database failed.
enum QueueError: Error, CustomStringConvertible {
    /// The connection was lost, or the server is read-only: reconnect. Whether the request took effect is unknown.
    case away(String)
    /// A lock, a deadlock or a time limit was in the way: retry without the locked orders.
    case busy(ServerError)
    /// The database refuses the request because of one of its rows, or as a whole.
    case refused(ServerError)

    init(_ error: any Error) {
        switch error {
        case let error as QueueError: self = error
        case let error as ServerError:
            switch error.sqlStateClass {
            case "40", "55": self = .busy(error)
            // Ended, shutting down, out of resources, read-only. 57014 is a statement's time limit.
            case "57" where error.sqlState == "57014": self = .busy(error)
            case "08", "57", "53", "58": self = .away("\(error)")
            default: self = error.sqlState == "25006" ? .away("\(error)") : .refused(error)
            }
        default: self = .away("\(error)")
        }
    }

    var description: String {
        switch self {
        case .away(let reason): reason
        case .busy(let error), .refused(let error): "\(error)"
        }
    }
}
