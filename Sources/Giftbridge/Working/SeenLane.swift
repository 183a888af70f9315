import LibPQ

/// One row of `giftbridge.look`: a lane that waits, or (without one) when the next lease ends or order expires.
struct SeenLane: Sendable {
    let lane: Lane?
    /// Time until a claim may take something from it; 0 or more.
    let wait: Duration
    let apiURL: String?
    /// The account that this worker last reported for the shop; nil: none yet.
    let account: Account.Name?
    let allowance: String

    /// Columns by their position in `sql/functions/look.sql`: a name would have to be looked up for each value of each lane.
    init(_ row: Row) throws {
        lane = try row.optionalText(0).map { Lane(shop: $0, number: try row.int(1)) }
        wait = .seconds(min(try row.double(2), 1_000_000_000))
        apiURL = try row.optionalText(3)
        account = try row.optionalText(4).map { Account.Name(fingerprint: $0, host: try row.text(5)) }
        allowance = try row.optionalText(6) ?? ""
    }
}
