import FoundationEssentials
import LibPQ

/// One order without codes and personal data: a row of the view `giftbridge.order_list`.
package struct OrderSummary: Sendable, Equatable, Codable {
    /// The Giftbridge id, as used in commands.
    package let id: Int
    /// The shop's name.
    package let shop: String
    /// The shop's own number; nil: the shop set none, and the vendor gets `gb-<id>`.
    package let shopOrderID: String?
    /// Its status.
    package let status: OrderStatus
    /// It is not sold, and nothing more happens to it automatically.
    package let needsAttention: Bool
    /// Number of vouchers.
    package let items: Int
    /// The order's reference at Smart Gift; nil: not sold, or its answer was lost.
    package let orderReference: String?
    /// Number of voucher codes in the row; nil: not sold.
    package let codes: Int?
    /// One readable sentence. It may quote the vendor, without codes and e-mail addresses, but the quote may repeat other parts
    /// of the order.
    package let error: String?
    /// Counted attempts.
    package let attempts: Int
    /// When the shop inserted it.
    package let createdAt: Date
    /// When it last changed.
    package let updatedAt: Date
    /// When Giftbridge learnt of the sale; nil: not sold.
    package let completedAt: Date?
    /// When Giftbridge acts on it next automatically, if the allowance permits; nil: never.
    package let dueAt: Date?

    /// The names in JSON.
    enum CodingKeys: String, CodingKey {
        case id, shop
        case shopOrderID = "shop_order_id"
        case status
        case needsAttention = "needs_attention"
        case items
        case orderReference = "order_reference"
        case codes, error, attempts
        case createdAt = "created_at"
        case updatedAt = "updated_at"
        case completedAt = "completed_at"
        case dueAt = "due_at"
    }
}

extension OrderSummary {
    /// Reads a row of `orders` or `order_story` of `sql/queries/reading.sql`.
    init(_ row: Row) throws {
        id = try row.int("id")
        shop = try row.text("shop")
        shopOrderID = try row.optionalText("shop_order_id")
        guard let status = OrderStatus(rawValue: try row.text("status")) else {
            throw ColumnError.notReadable(column: "status", type: "OrderStatus")
        }
        self.status = status
        needsAttention = try row.bool("needs_attention")
        items = try row.int("items")
        orderReference = try row.optionalText("order_reference")
        codes = try row.optionalInt("codes")
        error = try row.optionalText("error")
        attempts = try row.int("attempts")
        createdAt = try row.date("created_at")
        updatedAt = try row.date("updated_at")
        completedAt = try row.optionalDate("completed_at")
        dueAt = try row.optionalDate("due_at")
    }
}
