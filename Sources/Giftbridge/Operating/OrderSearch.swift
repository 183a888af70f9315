/// Which orders to list.
public struct OrderSearch: Sendable, Equatable {
    /// Only this shop's; nil: every shop's.
    public var shop: String?
    /// Only those in this state; nil: in any.
    public var status: OrderStatus?
    /// Only those with this shop's order id, whole; nil: any.
    public var shopOrderID: String?
    /// Only those to which nothing happens by itself, and which are not sold.
    public var needsAttention = false
    /// At most so many, 1 or more.
    public var limit = 50

    /// Every order, up to the limit.
    public init() {}
}
