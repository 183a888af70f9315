import LibPQ

/// One claimed request, from `giftbridge.claim` until the walk forgets it.
struct Request {
    let token: String
    let orderID: Int
    /// Who the order is, whatever its row's number: the customer's e-mail address, unique in a walk.
    let key: String
    let shop: String
    let worker: String
    let kind: String
    let attempt: Int
    let lane: Int
    let account: String
    let host: String
    let items: String
    let method: Int?
    let codes: [String?]
    let assigned: [Bool]
    let position: Int?
    let verifications: Int
    /// The walk's time of the claim.
    let claimedAt: Double
    /// How often the database had gone back to an earlier state before.
    let epoch: Int
    /// The shop was flagged as one whose vendor ignores codes.
    let wasFlagged: Bool
    var answer: Answer?
    var settlements = 0

    init(
        _ row: Row, worker: String, claimedAt: Double, epoch: Int, flagged: Set<String>
    ) throws {
        token = try row.text("token")
        orderID = try row.int("order_id")
        key = try row.text("customer_email")
        shop = try row.text("shop")
        self.worker = worker
        kind = try row.text("kind")
        attempt = try row.int("attempt")
        lane = try row.int("lane")
        account = try row.text("account")
        host = try row.text("api_host")
        items = try row.text("items")
        method = try row.optionalInt("payment_method")
        let own = try row.textArray("assigned_codes")
        let chosen = try row.textArray("chosen_codes")
        codes = zip(own, chosen).map { $0 ?? $1 }
        assigned = own.map { $0 != nil }
        position = try row.optionalInt("position")
        verifications = try row.int("verifications")
        self.claimedAt = claimedAt
        self.epoch = epoch
        wasFlagged = flagged.contains(shop)
    }

    /// Of a look-up: the code that is asked for.
    var lookedUp: String? {
        guard let position, codes.indices.contains(position - 1) else { return nil }
        return codes[position - 1]
    }
}
