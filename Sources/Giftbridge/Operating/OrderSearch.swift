/// Which orders to list.
public struct OrderSearch: Sendable, Equatable {
    /// Only orders of this shop; nil: of every shop.
    public var shop: String?
    /// Only orders with this status; nil: with any.
    public var status: OrderStatus?
    /// Only orders with exactly this shop order number; nil: with any.
    public var shopOrderID: String?
    /// Only orders that need attention: not sold, and nothing happens to them automatically.
    public var needsAttention = false
    /// Maximum number of orders, 1 or more.
    public var limit = 50

    /// Every order, up to the limit.
    public init() {}
}
