import LibPQ

/// The queue in the database: the SQL functions that change an order's state, called over one connection.
///
/// Swift decides, SQL guards: nothing here changes a row but through those functions. They run where their caller does: the
/// worker shares a thread with its connection, and a call need not change it.
struct OrderQueue: Sendable {
    let connection: Connection
    /// This worker's name in the journal.
    let worker: String

    /// Takes due orders. When this returns, their journal rows are committed.
    ///
    /// - Parameters:
    ///   - slots: At most so many, 1 or more.
    ///   - lease: How long this worker may hold them.
    ///   - verifyAfter: How long an order whose lease has ended stays in doubt before it is verified.
    func claim(
        slots: Int, lease: Duration, verifyAfter: Duration, isolation: isolated (any Actor)? = #isolation
    ) async throws -> [ClaimedOrder] {
        CrashPoint.claiming.reached()
        let claimedAt = ContinuousClock.now
        let rows = try await connection.prepared(
            SQL.Call.claim, [.text(worker), .int(slots), .interval(lease), .interval(verifyAfter)])
        if !rows.isEmpty { CrashPoint.claimed.reached() }
        try ClaimColumn.check(rows)
        return try rows.map { try ClaimedOrder($0, claimedAt: claimedAt) }
    }

    /// How long until a claim may find something to do; nil: nothing is waiting.
    func nextDue(isolation: isolated (any Actor)? = #isolation) async throws -> Duration? {
        try await connection.prepared(SQL.Call.nextDue).first?.optionalDouble("seconds").map { .seconds($0) }
    }

    /// Writes back what came of submissions, in one transaction with what it means for their shops.
    ///
    /// - Returns: For each submission whether it was applied; not applied: somebody else acted on the order meanwhile.
    func settle(
        _ settlements: [Settlement], isolation: isolated (any Actor)? = #isolation
    ) async throws -> [Settled] {
        let parameters = Self.parameters(settlements)
        let consequences = Self.consequences(of: settlements)
        guard !consequences.isEmpty else {
            return try await connection.prepared(SQL.Call.settle, parameters).map(Settled.init)
        }
        return try await connection.transaction { transaction in
            // Before the orders go back to pending: whoever claims next must find the shop stopped.
            for (statement, parameters) in consequences { try await transaction.prepared(statement, parameters) }
            return try await transaction.prepared(SQL.Call.settle, parameters).map(Settled.init)
        }
    }

    /// What the settlements mean for their shops: one call per shop, in the order of their names, so that two workers never
    /// wait for one another.
    private static func consequences(of settlements: [Settlement]) -> [(statement: String, parameters: [Parameter])] {
        let byShop = Dictionary(grouping: settlements, by: \.shop).sorted { $0.key < $1.key }
        return byShop.flatMap { shop, settlements -> [(String, [Parameter])] in
            var calls: [(String, [Parameter])] = []
            let waits = settlements.compactMap { settlement -> Duration? in
                if case .throttled(let wait) = settlement.consequence { wait } else { nil }
            }
            if let wait = waits.max() { calls.append((SQL.Call.throttle, [.text(shop), .interval(wait)])) }
            let spent = settlements.compactMap { settlement -> Duration? in
                if case .allowanceSpent(let wait) = settlement.consequence { wait } else { nil }
            }
            if let wait = spent.max(), waits.isEmpty {
                calls.append((SQL.Call.allowanceSpent, [.text(shop), .interval(wait)]))
            }
            // Several in the air are one fault; the newest of them is the one that may be a probe.
            let newest = settlements.sorted { $0.submissionID > $1.submissionID }
            for settlement in newest {
                guard case .setupFault(let reason) = settlement.consequence else { continue }
                calls.append((SQL.Call.setupFault, [.int(settlement.submissionID), .text(reason)]))
                break
            }
            return calls
        }
    }

    private static func parameters(_ settlements: [Settlement]) -> [Parameter] {
        [
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

/// What became of one settlement.
struct Settled: Sendable {
    let submissionID: Int
    let orderID: Int
    /// The order's state after the settle.
    let status: String
    /// False: the fence held, because somebody else acted on the order meanwhile.
    let isApplied: Bool

    init(_ row: Row) throws {
        submissionID = try row.int("submission_id")
        orderID = try row.int("order_id")
        status = try row.text("status")
        isApplied = try row.bool("applied")
    }
}
