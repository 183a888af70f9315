import CLibPQ
import Logging

/// A session of libpq, and all that is done to it: every `PQ…` call on an open connection is in this file.
///
/// Used by one thread at a time: first by the thread that opens it, then by the connection's loop.
final class Wire: @unchecked Sendable {
    /// What came of reading from the socket.
    enum Answer {
        case result(QueryResult)
        /// The server's mark that the pipeline is done and its transaction at an end.
        case sync
        /// The end of one statement's results, or nothing more to come.
        case end
    }

    private var pointer: OpaquePointer?
    private let notices: NoticeLog

    init(_ pointer: OpaquePointer, logger: Logger) {
        self.pointer = pointer
        notices = NoticeLog(logger)
        PQsetNoticeReceiver(
            pointer,
            { log, result in
                guard let log else { return }
                Unmanaged<NoticeLog>.fromOpaque(log).takeUnretainedValue().note(result)
            },
            Unmanaged.passUnretained(notices).toOpaque()
        )
    }

    deinit {
        finish()
    }

    /// Sets the session free of blocking calls (`PQsetnonblocking`); false when libpq refuses.
    func becomeNonBlocking() -> Bool { PQsetnonblocking(pointer, 1) == 0 }

    /// Ends the session and frees its memory (`PQfinish`). The socket must not be watched any more.
    func finish() {
        PQfinish(pointer)
        pointer = nil
    }

    var descriptor: Int32 { PQsocket(pointer) }
    var serverVersion: Int { Int(PQserverVersion(pointer)) }
    var backendPID: Int32 { PQbackendPID(pointer) }
    var host: String { Self.string(PQhost(pointer)) }
    var port: Int { Int(Self.string(PQport(pointer))) ?? 0 }
    /// Whether libpq has not given the session up, as it does when it cannot make sense of what the server sends.
    var isAlive: Bool { PQstatus(pointer) == CONNECTION_OK && descriptor >= 0 }
    /// Whether no transaction is open, neither a live nor a failed one.
    var isOutsideTransaction: Bool { PQtransactionStatus(pointer) == PQTRANS_IDLE }

    /// Why the session ended: the server's last words if it had any, else what libpq says.
    var reason: String {
        if let farewell = notices.farewell { return farewell }
        let message = Self.string(PQerrorMessage(pointer)).oneLine
        return message.isEmpty ? "no reason given" : message
    }

    /// The server's warnings since they were last taken.
    func takeWarnings() -> [ServerError] {
        defer { notices.warnings = [] }
        return notices.warnings
    }

    // MARK: Sending. False: the session is broken.

    func sendScript(_ sql: String) -> Bool {
        PQsendQuery(pointer, sql) != 0
    }

    func sendQuery(_ statement: EncodedStatement) -> Bool {
        statement.withArguments {
            PQsendQueryParams(
                pointer, statement.sql, $0.count, statement.types, $0.values, $0.lengths, $0.formats, 0
            ) != 0
        }
    }

    func sendPrepare(_ statement: EncodedStatement, name: String) -> Bool {
        PQsendPrepare(pointer, name, statement.sql, Int32(statement.types.count), statement.types) != 0
    }

    func sendPrepared(_ statement: EncodedStatement, name: String) -> Bool {
        statement.withArguments {
            PQsendQueryPrepared(pointer, name, $0.count, $0.values, $0.lengths, $0.formats, 0) != 0
        }
    }

    func enterPipeline() -> Bool { PQenterPipelineMode(pointer) != 0 }
    func sendSync() -> Bool { PQpipelineSync(pointer) != 0 }
    func exitPipeline() -> Bool { PQexitPipelineMode(pointer) != 0 }

    /// Hands what is buffered to the socket; true while some is left, `nil` when the session is broken.
    func flush() -> Bool? {
        let left = PQflush(pointer)
        return left < 0 ? nil : left > 0
    }

    // MARK: Receiving

    /// Reads what the socket has; false when the session is broken.
    func consume() -> Bool {
        guard let pointer else { return false }
        repeat {
            guard PQconsumeInput(pointer) != 0 else { return false }
        } while shim_tls_pending(pointer) != 0
        return isAlive
    }

    /// The next answer, or `nil` while it has not come as a whole.
    func nextAnswer() -> Answer? {
        guard PQisBusy(pointer) == 0 else { return nil }
        guard let result = PQgetResult(pointer) else { return .end }
        guard PQresultStatus(result) != PGRES_PIPELINE_SYNC else {
            PQclear(result)
            return .sync
        }
        return .result(QueryResult(result))
    }

    /// The notifications that have been read so far.
    func takeNotifications(_ deliver: (Notification) -> Void) {
        while let notify = PQnotifies(pointer) {
            let channel = Self.string(notify.pointee.relname)
            let payload = Self.string(notify.pointee.extra)
            let sender = notify.pointee.be_pid
            PQfreemem(notify)
            deliver(Notification(channel: channel, payload: payload, backendPID: sender))
        }
    }

    // MARK: Cancelling

    /// What `PQcancel` needs; `nil` when the session is gone. To be used once, on a thread that may block.
    func cancelRequest() -> CancelRequest? {
        PQgetCancel(pointer).map(CancelRequest.init)
    }

    private static func string(_ text: UnsafePointer<CChar>?) -> String {
        text.map { String(cString: $0) } ?? ""
    }
}

/// A request to stop what a session is doing, independent of the session itself. It frees itself (`PQfreeCancel`).
final class CancelRequest: @unchecked Sendable {  // A PGcancel is a copy of what the request needs.
    private let pointer: OpaquePointer

    fileprivate init(_ pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        PQfreeCancel(pointer)
    }

    /// Sends the request and waits until the server has hung up. That takes some milliseconds and may block for
    /// minutes.
    ///
    /// - Returns: what went wrong, or `nil`.
    func send() -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { message in
            message.initialize(repeating: 0)
            guard PQcancel(pointer, message.baseAddress, Int32(message.count)) == 0 else { return nil }
            return message.baseAddress.map { String(cString: $0).oneLine } ?? ""
        }
    }
}

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
            logger.debug("Notice from libpq.", metadata: ["notice": .string(message)])
            return
        }
        if notice.endsSession { farewell = notice.message.oneLine }
        if notice.severity == "WARNING", warnings.count < Self.warningLimit { warnings.append(notice) }
        logger.log(
            level: ["NOTICE", "INFO", "LOG", "DEBUG"].contains(notice.severity) ? .debug : .notice,
            "Notice from the database.",
            metadata: ["severity": .string(notice.severity), "notice": .string(notice.message.oneLine)]
        )
    }
}
