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

    init(_ row: Row) throws {
        lane = try row.optionalText("shop").map { Lane(shop: $0, number: try row.int("lane")) }
        wait = .seconds(min(try row.double("seconds"), 1_000_000_000))
        apiURL = try row.optionalText("api_url")
        account = try row.optionalText("account").map { Account.Name(fingerprint: $0, host: try row.text("api_host")) }
        allowance = try row.optionalText("allowance") ?? ""
    }
}
