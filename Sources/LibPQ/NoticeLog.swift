import CLibPQ
import Logging

/// Passes the server's notices to the log: severity and primary message only, as the rest may carry data.
///
/// A WARNING is logged as `notice`, everything milder as `debug`. Used only from inside of libpq's calls.
final class NoticeLog {
    /// What the server said when it ended the session while no command was under way: libpq reports that as a notice.
    private(set) var farewell: String?
    private let logger: Logger

    init(_ logger: Logger) {
        self.logger = logger
    }

    /// A `PQnoticeReceiver`.
    func note(_ result: OpaquePointer?) {
        let severity = ServerError.field("V", of: result) ?? ServerError.field("S", of: result) ?? ""
        let message = ServerError.field("M", of: result) ?? ""
        if severity == "FATAL" || severity == "PANIC" {
            farewell = message.oneLine
        }
        let level: Logger.Level = ["NOTICE", "INFO", "LOG", "DEBUG"].contains(severity) ? .debug : .notice
        logger.log(
            level: level,
            "database notice",
            metadata: ["severity": .string(severity), "message": .string(message.oneLine)]
        )
    }
}
