import Giftbridge

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Orders as a table, one line each.
struct OrderTable {
    private var table = TextTable(">ID", "SHOP", "SHOP ORDER", "STATE", ">ATTEMPTS", ">AGE", "REFERENCE OR REASON")

    /// - Parameter now: The current time, by the database's clock or close to it.
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
    /// Green: sold; red: needs attention; yellow: outcome unknown.
    var style: Terminal.Style? {
        switch status {
        case .completed: .green
        case _ where needsAttention: .red
        case .inDoubt: .yellow
        default: nil
        }
    }
}
