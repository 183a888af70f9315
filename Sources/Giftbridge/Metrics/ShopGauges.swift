import LibPQ

/// How one shop's queue stands, for monitors.
public struct ShopGauges: Sendable, Equatable {
    /// The shop's name.
    public var shop: String
    /// Orders by state: pending, submitting, in_doubt, rejected, failed.
    public var orders: [OrderStatus: Int]
    /// Orders in doubt that wait for a person.
    public var needsDecision: Int
    /// Orders completed within the last hour.
    public var completedLastHour: Int
    /// How long the oldest order waits that could be sent, in seconds; 0: none waits.
    public var oldestPending: Double
    /// How long the oldest order is in doubt, in seconds; 0: none is.
    public var oldestInDoubt: Double
    /// Requests that may leave now; nil: no limit.
    public var allowanceLeft: Int?
    /// When what waits will be sold, in seconds; nil: not known.
    public var eta: Double?
    /// Nothing is sent.
    public var isPaused: Bool

    /// Every shop, by name.
    ///
    /// - Throws: The connection's errors.
    public static func read(_ connection: Connection) async throws -> [ShopGauges] {
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
    /// Its counts are sums, its ages the greatest; its allowance is the smallest, so that trouble shows.
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
