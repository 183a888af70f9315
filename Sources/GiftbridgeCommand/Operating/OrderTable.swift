import Giftbridge

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Orders as a table, one line each.
struct OrderTable {
    private var table = TextTable(">ID", "SHOP", "SHOP'S ID", "STATE", ">TRIES", ">AGE", "REFERENCE OR REASON")

    /// - Parameter now: The database's clock, nearly.
    init(_ orders: [OrderSummary], now: Date = .now) {
        for order in orders {
            table.add(
                .init("\(order.id)"), .init(order.shop), .init(order.shopOrderID ?? "–"),
                .init(order.status.rawValue, order.style), .init("\(order.attempts)"),
                .init(BriefDuration(seconds: max(now.timeIntervalSince(order.createdAt), 0)).description),
                .init(order.orderReference ?? order.error ?? "–"))
        }
    }

    func lines(_ terminal: Terminal) -> [String] { table.lines(terminal) }
}

extension OrderSummary {
    /// Green is sold, red needs a person, yellow is not certain.
    var style: Terminal.Style? {
        switch status {
        case .completed: .green
        case _ where needsAttention: .red
        case .inDoubt: .yellow
        default: nil
        }
    }
}
