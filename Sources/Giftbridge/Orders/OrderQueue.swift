import LibPQ

/// The queue in the database: the SQL functions that change an order's state, called over one connection.
///
/// Swift decides, SQL guards: nothing here changes a row but through those functions. They run where their caller does: the
/// worker shares a thread with its connection, and a call need not change it.
struct OrderQueue: Sendable {
    let connection: Connection
    /// This worker's name in the journal.
    let worker: String

    /// What a claim asks for.
    struct Claim: Sendable {
        /// At most so many, 1 or more.
        let slots: Int
        /// How long this worker may hold them.
        let lease: Duration
        /// How long an order whose lease has ended stays in doubt before it is verified.
        let verifyAfter: Duration
    }

    /// Takes due orders. When this returns, their journal rows are committed.
    func claim(_ claim: Claim, isolation: isolated (any Actor)? = #isolation) async throws -> ClaimedRows {
        CrashPoint.claiming.reached()
        let claimedAt = ContinuousClock.now
        let statement = statement(claim)
        return try ClaimedRows(
            try await connection.prepared(statement.sql, statement.parameters), claimedAt: claimedAt)
    }

    /// How long until a claim may find something to do; nil: nothing is waiting.
    func nextDue(isolation: isolated (any Actor)? = #isolation) async throws -> Duration? {
        try await connection.prepared(SQL.Call.nextDue).first?.optionalDouble("seconds").map { .seconds($0) }
    }

    /// Writes back what came of submissions, in one transaction with what it means for their shops.
    ///
    /// - Parameter meanwhile: What to do while the database is at it; not called where it could not be asked.
    /// - Returns: For each submission whether it was applied; not applied: somebody else acted on the order meanwhile.
    func settle(
        _ settlements: [Settlement], meanwhile: (@Sendable () -> Void)? = nil,
        isolation: isolated (any Actor)? = #isolation
    ) async throws -> [Settled] {
        // Before the orders go back to pending: whoever claims next must find the shop stopped.
        let statements = Self.consequences(of: settlements) + [Self.statement(settlements)]
        let reply = try await connection.begin(statements)
        meanwhile?()
        return try await reply.results().last?.map(Settled.init) ?? []
    }

    /// ``settle(_:meanwhile:isolation:)`` and ``claim(_:isolation:)`` in one transaction and one round trip.
    ///
    /// What has been sold does not wait for what may be: should the claim fail, the results are written by themselves.
    ///
    /// - Returns: What became of the settlements, and the claim's orders or its error; nil: it was not made, because the
    ///   results mean something for their shops that is to be committed first.
    func settle(
        _ settlements: [Settlement], claiming claim: Claim, meanwhile: (@Sendable () -> Void)? = nil,
        isolation: isolated (any Actor)? = #isolation
    ) async throws -> (settled: [Settled], claimed: Result<ClaimedRows, any Error>?) {
        guard Self.consequences(of: settlements).isEmpty else {
            return (try await settle(settlements, meanwhile: meanwhile), nil)
        }
        CrashPoint.claiming.reached()
        let claimedAt = ContinuousClock.now
        let reply = try await connection.begin([Self.statement(settlements), statement(claim)])
        meanwhile?()
        do {
            let results = try await reply.results()
            return (try results[0].map(Settled.init), Result { try ClaimedRows(results[1], claimedAt: claimedAt) })
        } catch let error as ServerError {
            // Whichever of the two it was, nothing took effect.
            return (try await settle(settlements), .failure(error))
        }
    }

    private func statement(_ claim: Claim) -> Statement {
        Statement(
            SQL.Call.claim,
            [.text(worker), .int(claim.slots), .interval(claim.lease), .interval(claim.verifyAfter)], prepared: true)
    }

    /// What the settlements mean for their shops: one call per shop, in the order of their names, so that two workers never
    /// wait for one another.
    private static func consequences(of settlements: [Settlement]) -> [Statement] {
        let consequential = settlements.filter { $0.consequence != nil }
        let byShop = Dictionary(grouping: consequential, by: \.shop).sorted { $0.key < $1.key }
        return byShop.flatMap { shop, settlements -> [Statement] in
            var calls: [Statement] = []
            let waits = settlements.compactMap { settlement -> Duration? in
                if case .throttled(let wait) = settlement.consequence { wait } else { nil }
            }
            if let wait = waits.max() {
                calls.append(Statement(SQL.Call.throttle, [.text(shop), .interval(wait)], prepared: true))
            }
            let spent = settlements.compactMap { settlement -> Duration? in
                if case .allowanceSpent(let wait) = settlement.consequence { wait } else { nil }
            }
            if let wait = spent.max(), waits.isEmpty {
                calls.append(
                    Statement(SQL.Call.allowanceSpent, [.text(shop), .interval(wait)], prepared: true))
            }
            // Several in the air are one fault; the newest of them is the one that may be a probe.
            let newest = settlements.sorted { $0.submissionID > $1.submissionID }
            for settlement in newest {
                guard case .setupFault(let reason) = settlement.consequence else { continue }
                calls.append(
                    Statement(SQL.Call.setupFault, [.int(settlement.submissionID), .text(reason)], prepared: true))
                break
            }
            return calls
        }
    }

    private static func statement(_ settlements: [Settlement]) -> Statement {
        let parameters: [Parameter] = [
            .intArray(settlements.map(\.submissionID)),
            .textArray(settlements.map(\.outcome.rawValue)),
            .textArray(settlements.map(\.status.rawValue)),
            .boolArray(settlements.map(\.counts)),
            .intervalArray(settlements.map(\.dueIn)),
            .boolArray(settlements.map(\.renewsCodes)),
            .intArray(settlements.map(\.httpStatus)),
            .textArray(settlements.map(\.error)),
            .textArray(settlements.map(\.journalError)),
            .textArray(settlements.map(\.response)),
            .textArray(settlements.map(\.reference)),
            .textArray(settlements.map { $0.voucherCodes.map(arrayLiteral) }),
        ]
        return Statement(SQL.Call.settle, parameters, prepared: true)
    }

    /// The text of a `text[]`: the settle takes an array of orders, and their arrays differ in length.
    private static func arrayLiteral(_ elements: [String]) -> String {
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

    /// Keeps this worker's row in `giftbridge.status` fresh.
    func heartbeat(_ status: WorkerStatus, isolation: isolated (any Actor)? = #isolation) async throws {
        _ = try await connection.prepared(
            SQL.Call.heartbeat,
            [
                .text(worker), .text(status.host), .int(status.pid), .text(status.version),
                .text(status.state.rawValue), .int(status.inFlight), .int(status.completed), .int(status.rejected),
                .int(status.retried), .int(status.inDoubt), .bool(status.isListening), .text(status.lastError?.text),
                .double(status.lastError?.age),
            ])
    }
}

/// What a claim took, not yet read. The journal's rows are committed.
struct ClaimedRows: Sendable {
    private let rows: QueryResult
    private let claimedAt: ContinuousClock.Instant

    /// - Parameter claimedAt: When the claim was asked for, by this process's clock.
    /// - Throws: If the rows are not of `giftbridge.claim`.
    init(_ rows: QueryResult, claimedAt: ContinuousClock.Instant) throws {
        try ClaimColumn.check(rows)
        self.rows = rows
        self.claimedAt = claimedAt
        if !rows.isEmpty { CrashPoint.claimed.reached() }
    }

    /// How many orders.
    var count: Int { rows.count }

    /// The orders, in the order in which to send them.
    func orders() -> some Sequence<Result<ClaimedOrder, any Error>> {
        rows.lazy.map { row in Result { try ClaimedOrder(row, claimedAt: claimedAt) } }
    }
}

/// What became of one settlement.
struct Settled: Sendable {
    let submissionID: Int
    let orderID: Int
    /// The order's state after the settle; `other_reference` where it is completed with another one than was settled.
    let status: String
    /// Whether the vendor may have sold the order twice.
    var hasOtherReference: Bool { status == "other_reference" }
    /// False: the fence held, because somebody else acted on the order meanwhile.
    let isApplied: Bool

    init(_ row: Row) throws {
        submissionID = try row.int("submission_id")
        orderID = try row.int("order_id")
        status = try row.text("status")
        isApplied = try row.bool("applied")
    }
}
