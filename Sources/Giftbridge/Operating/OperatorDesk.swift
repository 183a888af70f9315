import FoundationEssentials
import LibPQ
import Logging

/// The queries of operators, support desk and monitors. They change nothing, and their results have no personal data and,
/// except for ``codes(of:)``, no voucher codes.
///
/// Uses one connection, for one query at a time. For the commands and the status page.
package struct OperatorDesk: Sendable {
    /// The connection for the queries.
    package let connection: Connection

    /// - Parameter connection: As a role that may read the views of schema `giftbridge`.
    package init(_ connection: Connection) {
        self.connection = connection
    }

    /// All known worker processes, living ones first.
    ///
    /// - Throws: The connection's errors, as do all queries.
    package func workers() async throws -> [WorkerReport] {
        try await connection.query(SQL.Reading.workers).map(WorkerReport.init)
    }

    /// Every shop's queue, by name.
    package func queues() async throws -> [ShopQueue] {
        try await connection.query(SQL.Reading.queue).map(ShopQueue.init)
    }

    /// How many orders were sold in each minute of the last hour: 60 counts, the oldest minute first.
    package func soldByMinute() async throws -> [Int] {
        var minutes = Array(repeating: 0, count: 60)
        for row in try await connection.query(SQL.Reading.soldByMinute) {
            minutes[59 - max(0, min(59, try row.int("minutes_ago")))] = try row.int("sold")
        }
        return minutes
    }

    /// Orders, newest first.
    package func orders(_ search: OrderSearch) async throws -> [OrderSummary] {
        try await connection.query(
            SQL.Reading.orders,
            [
                .text(search.shop), .text(search.status?.rawValue), .text(search.shopOrderID),
                .bool(search.needsAttention), .int(search.limit),
            ]
        ).map(OrderSummary.init)
    }

    /// The ids of the orders that match a name: the shop's order id, `giftbridge.orders.id`, `#id`, or `gb-<id>` as the
    /// vendor sees an order without one. The shop's own number comes first.
    ///
    /// - Parameter shop: Nil: any shop.
    package func find(_ name: String, shop: String? = nil) async throws -> [Int] {
        let id = ["#", "gb-", ""].lazy.compactMap { name.hasPrefix($0) ? Int(name.dropFirst($0.count)) : nil }.first
        return try await connection.query(SQL.Reading.orderFind, [.text(name), .int(id), .text(shop)]).map {
            try $0.int("id")
        }
    }

    /// An order's voucher codes, in the order of the items; empty if it is not sold. Treat them like cash.
    ///
    /// - Throws: `ServerError`, also if the role may not read codes.
    package func codes(of id: Int) async throws -> [String] {
        try await connection.query(SQL.Reading.orderCodes, [.int(id)]).map { try $0.text("code") }
    }

    /// Everything about one order.
    ///
    /// - Returns: Nil if there is no such order.
    package func story(of id: Int) async throws -> OrderStory? {
        guard let row = try await connection.query(SQL.Reading.orderStory, [.int(id)]).first else { return nil }
        let journal = try await connection.query(SQL.Reading.orderJournal, [.int(id)]).map(JournalEntry.init)
        return OrderStory(facts: try OrderFacts(row), journal: journal)
    }
}

/// Which orders to list.
package struct OrderSearch: Sendable, Equatable {
    /// Only orders of this shop; nil: of every shop.
    package var shop: String?
    /// Only orders with this status; nil: with any.
    package var status: OrderStatus?
    /// Only orders with exactly this shop order number; nil: with any.
    package var shopOrderID: String?
    /// Only orders that need attention: not sold, and nothing happens to them automatically.
    package var needsAttention = false
    /// Maximum number of orders, 1 or more.
    package var limit = 50

    /// Every order, up to the limit.
    package init() {}
}

/// The format of the commands' `--json` and the page's `status.json`: snake_case names, times as `2026-11-23T03:07:11.123Z`,
/// members sorted by name. A member without a value is omitted.
package enum OperatorJSON {
    /// A value as indented JSON, without a newline at the end.
    ///
    /// - Throws: What the value's own encoding throws, or `EncodingError` for a number that JSON does not have.
    package static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
        }
        return String(decoding: try encoder.encode(value), as: UTF8.self).withEscapedControls
    }
}

extension Row {
    /// A time that the statement gives as seconds since 1970; nil for NULL.
    func optionalDate(_ column: String) throws -> Date? {
        try optionalDouble(column).map(Date.init(timeIntervalSince1970:))
    }

    /// A time that the statement gives as seconds since 1970.
    func date(_ column: String) throws -> Date {
        Date(timeIntervalSince1970: try double(column))
    }
}
