import LibPQ

/// The state of one shop's queue, for monitors.
public struct ShopGauges: Sendable, Equatable {
    /// The shop's name.
    public var shop: String
    /// Orders by state: pending, submitting, in_doubt, rejected, failed.
    public var orders: [OrderStatus: Int]
    /// Orders in doubt that need a decision.
    public var needsDecision: Int
    /// Orders completed within the last hour.
    public var completedLastHour: Int
    /// Age in seconds of the oldest order that could be sent; 0: there is none.
    public var oldestPending: Double
    /// Time in seconds that the oldest order has been in doubt; 0: there is none.
    public var oldestInDoubt: Double
    /// Requests that may be sent now; nil: no limit.
    public var allowanceLeft: Int?
    /// Estimated time in seconds to clear the orders due now; nil: not known.
    public var eta: Double?
    /// None of its orders are sent.
    public var isPaused: Bool

    /// Every shop, by name.
    ///
    /// - Throws: The connection's errors.
    package static func read(_ connection: Connection) async throws -> [ShopGauges] {
        try await connection.query(SQL.Reading.gauges).map(ShopGauges.init)
    }

    private init(_ row: Row) throws {
        shop = try row.text("shop")
        orders = try Dictionary(
            uniqueKeysWithValues: [.pending, .submitting, .inDoubt, .rejected, .failed].map { (status: OrderStatus) in
                (status, try row.int(status.rawValue))
            })
        needsDecision = try row.int("needs_decision")
        completedLastHour = try row.int("completed_last_hour")
        oldestPending = try row.double("oldest_pending_seconds")
        oldestInDoubt = try row.double("oldest_in_doubt_seconds")
        allowanceLeft = try row.optionalInt("allowance_left")
        eta = try row.optionalDouble("eta_seconds")
        isPaused = try row.bool("paused")
    }

    /// Keeps the number of label values bounded: shops beyond the first `limit` become one, `(others)`.
    ///
    /// Its counts are sums, its ages the highest, and its allowance the smallest, so that problems show.
    public static func folded(_ shops: [ShopGauges], limit: Int) -> [ShopGauges] {
        guard shops.count > limit, var others = shops.dropFirst(limit).first else { return shops }
        others.shop = "(others)"
        for shop in shops.dropFirst(limit + 1) {
            others.orders.merge(shop.orders, uniquingKeysWith: +)
            others.needsDecision += shop.needsDecision
            others.completedLastHour += shop.completedLastHour
            others.oldestPending = max(others.oldestPending, shop.oldestPending)
            others.oldestInDoubt = max(others.oldestInDoubt, shop.oldestInDoubt)
            others.allowanceLeft = [others.allowanceLeft, shop.allowanceLeft].compactMap(\.self).min()
            others.eta = [others.eta, shop.eta].compactMap(\.self).max()
            others.isPaused = others.isPaused || shop.isPaused
        }
        return shops.prefix(limit) + [others]
    }
}
