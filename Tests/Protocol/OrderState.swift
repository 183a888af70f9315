import LibPQ

/// One order as the database has it after a step (view `walk.state`).
struct OrderState: Equatable {
    let id: Int
    let key: String
    let shop: String
    let status: String
    let reference: String?
    let voucherCodes: [String?]?
    let attempts: Int
    let wasInDoubt: Bool
    let wasRefused: Bool
    let error: String?
    let items: Int
    let sentTo: String?
    let lane: Int?
    let isLookup: Bool
    let isDue: Bool
    let token: String?
    let kind: String?
    let attention: String?
    let codes: [String?]
    let assigned: [Bool]

    init(_ row: Row) throws {
        id = try row.int("id")
        key = try row.text("customer_email")
        shop = try row.text("shop")
        status = try row.text("status")
        reference = try row.optionalText("order_reference")
        voucherCodes = try row.optionalTextArray("voucher_codes")
        attempts = try row.int("attempts")
        wasInDoubt = try row.bool("was_in_doubt")
        wasRefused = try row.bool("was_refused")
        error = try row.optionalText("error")
        items = try row.int("items")
        sentTo = try row.optionalText("sent_to")
        lane = try row.optionalInt("lane")
        isLookup = try row.optionalText("is_lookup") == "t"
        isDue = try row.optionalText("is_due") == "t"
        token = try row.optionalText("token")
        kind = try row.optionalText("kind")
        attention = try row.optionalText("attention")
        codes = try row.textArray("codes")
        assigned = try row.textArray("assigned").map { $0 == "t" }
    }

    var hasAssignedCode: Bool { assigned.contains(true) }
    var hasCode: Bool { codes.contains { $0 != nil } }
}

/// What the walk itself knows of an order: what its shop wrote, and what people did.
struct Known {
    let shop: String
    /// As it was first inserted; null: the bridge makes the number.
    let number: String?
    let items: String
    let priority: Int
    let itemCount: Int
    /// Whatever key it is sent with, the vendor answers as if the set-up were wrong.
    var isCursed = false
    /// The codes seen, by position from 0; an assigned one never changes.
    var codes: [Int: String] = [:]
    /// An operator said that it was sold, or that it was not; in this history of the database or in one that was lost.
    var wasResolvedSold = false
    var wasResolvedUnsold = false
    /// An operator allowed another account.
    var wasVerified = false
    /// Completed without a sale, as a vendor that keeps refused codes makes it look, which cannot be known.
    var isExcused = false
}
