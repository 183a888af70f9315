import LibPQ

/// The rows of a claim, not yet read. The write-ahead entries are committed.
struct ClaimedRows: Sendable {
    private let rows: QueryResult
    /// The lane of each row.
    private let lanes: [Lane]
    private let claimedAt: ContinuousClock.Instant

    /// - Parameter claimedAt: When the claim was asked for, by this process's clock.
    /// - Throws: If the rows are not of `giftbridge.claim`.
    init(_ rows: QueryResult, claimedAt: ContinuousClock.Instant) throws {
        try ClaimColumn.check(rows)
        self.rows = rows
        self.claimedAt = claimedAt
        lanes = try rows.map { row in
            Lane(shop: try row.text(ClaimColumn.shop), number: try row.int(ClaimColumn.lane))
        }
        if !rows.isEmpty { CrashPoint.claimed.reached() }
    }

    /// How many orders.
    var count: Int { rows.count }

    /// How many orders of each lane.
    var countsByLane: [Lane: Int] { lanes.reduce(into: [:]) { counts, lane in counts[lane, default: 0] += 1 } }

    /// The orders with their lanes, in the order in which to send them.
    func orders() -> some Sequence<(lane: Lane, order: Result<ClaimedOrder, any Error>)> {
        zip(lanes, rows).lazy.map { lane, row in
            (lane, Result { try ClaimedOrder(row, claimedAt: claimedAt) })
        }
    }
}
