import LibPQ

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// One order without codes and personal data: a row of the view `giftbridge.order_list`.
public struct OrderSummary: Sendable, Equatable, Codable {
    /// The bridge's number, as commands want it.
    public let id: Int
    /// Whose order it is.
    public let shop: String
    /// The shop's own number; nil: it gave none, and the vendor has `gb-<id>`.
    public let shopOrderID: String?
    /// Where it is.
    public let status: OrderStatus
    /// Nothing happens to it by itself any more, and it is not sold.
    public let needsAttention: Bool
    /// How many vouchers.
    public let items: Int
    /// The order's reference at Smart Gift; nil: not sold, or its answer was lost.
    public let orderReference: String?
    /// How many voucher codes the row has; nil: not sold.
    public let codes: Int?
    /// One sentence for a person. The vendor's words have codes and e-mail addresses blotted out; what else they repeat of the
    /// order is theirs.
    public let error: String?
    /// Submissions that count.
    public let attempts: Int
    /// When the shop inserted it.
    public let createdAt: Date
    /// When it last changed.
    public let updatedAt: Date
    /// When the sale was known to the bridge; nil: not sold.
    public let completedAt: Date?
    /// When the bridge acts on it next by itself, the allowance permitting; nil: never.
    public let dueAt: Date?

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
