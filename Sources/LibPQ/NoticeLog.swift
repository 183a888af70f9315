import CLibPQ
import Logging

/// Passes the server's notices to the log: severity and primary message only, as the rest may carry data.
///
/// A WARNING is logged as `notice`, everything milder as `debug`. Used only from inside of libpq's calls.
final class NoticeLog {
    /// What the server said when it ended the session while no command was under way: libpq reports that as a notice.
    private(set) var farewell: String?
    /// The first warnings since they were last taken.
    var warnings: [ServerError] = []
    private static let warningLimit = 100
    private let logger: Logger

    init(_ logger: Logger) {
        self.logger = logger
    }

    /// A `PQnoticeReceiver`.
    func note(_ result: OpaquePointer?) {
        guard let notice = ServerError(result) else {
            // One of libpq's own.
            let message = String(cString: PQresultErrorMessage(result)).oneLine
            logger.debug("Notice from libpq.", metadata: ["message": .string(message)])
            return
        }
        if notice.endsSession { farewell = notice.message.oneLine }
        if notice.severity == "WARNING", warnings.count < Self.warningLimit { warnings.append(notice) }
        logger.log(
            level: ["NOTICE", "INFO", "LOG", "DEBUG"].contains(notice.severity) ? .debug : .notice,
            "Notice from the database.",
            metadata: ["severity": .string(notice.severity), "message": .string(notice.message.oneLine)]
        )
    }
}
