import LibPQ

/// The queue in the database: the SQL functions that change an order's state, called over one connection.
///
/// Swift decides, SQL guards: nothing here changes a row but through those functions. Each call is one pipeline and one
/// transaction. They run where their caller does: the worker shares a thread with its connection.
struct Queue: Sendable {
    let connection: Connection
    /// This worker's name in the journal.
    let worker: String
    let lease: Duration
    let policy: RetryPolicy

    /// What the database is asked for in one go.
    struct Turn: Sendable {
        let reply: Reply
        let batch: Backlog.Batch?
        let claim: Claim?
        let claimedAt: ContinuousClock.Instant
    }

    /// What a claim asks for.
    struct Claim: Sendable {
        /// From all lanes, at most.
        let slots: Int
        let portions: [Rota.Portion]
    }

    /// Sends results and asks for orders, in one transaction; ``finish(_:)`` waits for what comes of it.
    func begin(
        settling batch: Backlog.Batch?, claiming claim: Claim?, isolation: isolated (any Actor)? = #isolation
    ) async throws(QueueError) -> Turn {
        var statements: [Statement] = []
        if let batch { statements.append(statement(batch)) }
        if let claim {
            CrashPoint.claiming.reached()
            statements.append(statement(claim))
        }
        if batch != nil { CrashPoint.settling.reached() }
        let claimedAt = ContinuousClock.now
        do {
            return Turn(
                reply: try await connection.begin(statements), batch: batch, claim: claim, claimedAt: claimedAt)
        } catch {
            throw QueueError(error)
        }
    }

    /// What came of a turn. When this returns, results are written and the orders' write-ahead entries are committed.
    ///
    /// - Throws: `QueueError`: nothing took effect, or, where the connection was lost, it is unknown.
    func finish(
        _ turn: Turn, isolation: isolated (any Actor)? = #isolation
    ) async throws(QueueError) -> (settled: [Settled], claimed: ClaimedRows?) {
        do {
            var results = try await turn.reply.results()[...]
            // The server gave up waiting for its synchronous standby: a failover could lose what it says is committed.
            if let warning = turn.reply.warnings.first(where: \.leavesCommitUnconfirmed) {
                throw QueueError.away("the synchronous standby did not confirm the commit: \(warning.message)")
            }
            let settled = turn.batch == nil ? [] : try results.popFirst()?.map(Settled.init) ?? []
            if turn.batch != nil { CrashPoint.settled.reached() }
            let claimed = try turn.claim.flatMap { _ in
                try results.popFirst().map { try ClaimedRows($0, claimedAt: turn.claimedAt) }
            }
            return (settled, claimed)
        } catch {
            throw QueueError(error)
        }
    }

    private func statement(_ claim: Claim) -> Statement {
        Statement(
            SQL.Worker.claim,
            [
                .text(worker), .int(claim.slots), .interval(lease), .textArray(claim.portions.map(\.lane.shop)),
                .intArray(claim.portions.map(\.lane.number)), .intArray(claim.portions.map(\.most)),
            ], prepared: true)
    }

    private func statement(_ batch: Backlog.Batch) -> Statement {
        let results = batch.results
        let parameters: [Parameter] = [
            .intArray(results.map(\.orderID)),
            .textArray(results.map(\.token)),
            .textArray(results.map(\.outcome.rawValue)),
            .textArray(results.map(\.status.rawValue)),
            .boolArray(results.map(\.counts)),
            .intervalArray(results.map(\.dueIn)),
            .intArray(results.map(\.httpStatus)),
            .textArray(results.map(\.error)),
            .textArray(results.map(\.journalError)),
            .textArray(results.map(\.response)),
            .textArray(results.map(\.reference)),
            .textArray(results.map { $0.voucherCodes.map(Self.arrayLiteral) }),
            .textArray(results.map(\.proof?.rawValue)),
            .textArray(results.map(\.effect?.name)),
            .intervalArray(results.map(\.effect?.wait)),
            .boolArray(results.map(\.isFound)),
            .interval(policy.verifyAfter), .int(policy.maximumVerifications), .bool(batch.skipsLocked),
        ]
        return Statement(SQL.Worker.settle, parameters, prepared: true)
    }

    /// The text of a `text[]`: the settle takes an array of orders, and their arrays differ in length.
    static func arrayLiteral(_ elements: [String]) -> String {
        var text = "{"
        for (index, element) in elements.enumerated() {
            text += index == 0 ? "\"" : ",\""
            if element.utf8.contains(where: { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }) {
                text += element.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            } else {
                text += element
            }
            text += "\""
        }
        return text + "}"
    }

    /// What waits, lane by lane.
    func look(_ look: Agenda.Look, isolation: isolated (any Actor)? = #isolation) async throws(QueueError) -> [SeenLane]
    {
        do {
            let rows = try await connection.prepared(SQL.Worker.look, [.text(worker), .int(look.rawValue)])
            return try rows.map(SeenLane.init)
        } catch {
            throw QueueError(error)
        }
    }

    /// Says whether this worker waits for a notification. While no worker does, shops' commits send none.
    func set(idle isIdle: Bool, isolation: isolated (any Actor)? = #isolation) async throws(QueueError) {
        do {
            try await connection.prepared(SQL.Worker.setIdle, [.text(worker), .bool(isIdle)])
        } catch {
            throw QueueError(error)
        }
    }

    /// Turns orders whose lease ended into orders in doubt.
    ///
    /// - Returns: How many leases had ended.
    func rescue(isolation: isolated (any Actor)? = #isolation) async throws(QueueError) -> Int {
        do {
            return try await connection.prepared(
                SQL.Worker.rescue, [.interval(policy.verifyAfter), .int(policy.maximumVerifications)]
            ).first?.int("rescued") ?? 0
        } catch {
            throw QueueError(error)
        }
    }

    /// Says with which key, and to which host, this worker sends shops' requests, or why it cannot.
    func tell(
        _ accounts: [String: Result<Account, ConfigurationError>], isolation: isolated (any Actor)? = #isolation
    ) async throws(QueueError) {
        let told = accounts.sorted { $0.key < $1.key }
        let names = told.map { _, account -> Account.Name in
            (try? account.get().name) ?? Account.Name(fingerprint: "-", host: worker)  // Its fault is passed too.
        }
        let faults = told.map { _, account -> String? in
            if case .failure(let fault) = account { fault.description } else { nil }
        }
        do {
            try await connection.prepared(
                SQL.Worker.tellAccounts,
                [
                    .text(worker), .textArray(told.map(\.key)), .textArray(names.map(\.fingerprint)),
                    .textArray(names.map(\.host)), .textArray(faults),
                ])
        } catch {
            throw QueueError(error)
        }
    }

    /// Keeps this worker's row in `giftbridge.status` fresh.
    func heartbeat(_ status: WorkerStatus, isolation: isolated (any Actor)? = #isolation) async throws(QueueError) {
        do {
            try await connection.prepared(
                SQL.Worker.heartbeat,
                [
                    .text(worker), .text(status.host), .int(status.pid), .text(status.version),
                    .text(status.state.rawValue), .int(status.inFlight), .int(status.completed), .int(status.rejected),
                    .int(status.retried), .int(status.inDoubt), .bool(status.isListening),
                    .text(status.lastError?.text),
                    .double(status.lastError?.age),
                ])
        } catch {
            throw QueueError(error)
        }
    }
}

extension Settlement.Effect {
    /// As in `p_effects` of `giftbridge.settle`.
    fileprivate var name: String {
        switch self {
        case .throttled: "throttled"
        case .spent: "spent"
        case .setup: "setup"
        case .unreachable: "unreachable"
        }
    }

    fileprivate var wait: Duration? {
        switch self {
        case .throttled(let wait), .spent(let wait), .unreachable(let wait): wait
        case .setup: nil
        }
    }
}

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
