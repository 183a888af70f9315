import Foundation
import TestSupport

/// What the vendor does with a request under each fault, and what docs/guarantees.md makes of it: written from that page and
/// the sandbox's help, apart from the code of both.
enum VendorModel {
    /// What an answer tells the bridge.
    enum Word: Sendable {
        /// The whole truth: 200 with the receipt, or 422 because the code is taken.
        case truth
        /// Nothing that can be relied on.
        case nothing
        /// The order is invalid.
        case refusal
        /// 429.
        case throttled
        /// Key or URL are wrong.
        case setup
    }

    struct Fault: Sendable {
        let name: String
        /// The vendor sells, or would if the code were free.
        let processes: Bool
        let word: Word
        /// Only a sale's answer can be spoiled so; a refusal comes through as it is.
        var needsSale = false
    }

    static let statuses: [(code: Int, word: Word)] =
        [301, 302, 307, 308, 401, 403, 404].map { ($0, .setup) } + [400, 418, 422].map { ($0, .refusal) }
        + [408, 409, 425, 500, 502, 503, 504].map { ($0, .nothing) } + [(429, .throttled)]

    /// Every kind that the sandbox knows, but for its habits: what the vendor's pages leave open (`HabitTests`).
    static let faults: [Fault] =
        statuses.map { Fault(name: "status_\($0.code)", processes: false, word: $0.word) }
        + statuses.map { Fault(name: "processed_then_\($0.code)", processes: true, word: $0.word) }
        + ["close_before", "hang_before"].map { Fault(name: $0, processes: false, word: .nothing) }
        + [
            "close_after", "reset_after", "close_mid_answer", "hang_after", "hang_then_sell", "slow_answer",
            "empty_200",
            "garbage_200", "truncated_json_200", "html_200", "huge_200",
        ].map { Fault(name: $0, processes: true, word: .nothing) }
        + ["wrong_codes_count", "missing_reference"].map {
            Fault(name: $0, processes: true, word: .nothing, needsSale: true)
        }
        + [Fault(name: "wrong_content_type", processes: true, word: .truth)]

    /// Where an order ends.
    enum End: String, Sendable {
        case completedWithReference, completedByProof, rejected, awaitingAPerson
    }

    /// Follows one order with a code that Giftbridge assigned through faults, one a request, and then a vendor in good health.
    static func end(after faults: [Fault]) -> (isSold: Bool, end: End) {
        var isSold = false
        var isInDoubt = false
        for fault in faults + [Fault(name: "none", processes: true, word: .truth)] {
            let isTaken = isSold
            isSold = isSold || fault.processes
            switch fault.needsSale && isTaken ? .truth : fault.word {
            case .truth where !isTaken: return (true, .completedWithReference)
            // The codes are the order's alone: whatever was answered before, an earlier copy of it was sold.
            case .truth: return (true, .completedByProof)
            case .nothing: isInDoubt = true
            case .refusal: return (isSold, isInDoubt ? .awaitingAPerson : .rejected)
            case .throttled, .setup: break
            }
        }
        return (isSold, .awaitingAPerson)
    }
}

extension Books {
    /// Where an order ended.
    func end(of orderID: String) -> String {
        guard let order = orders[orderID] else { return "not in the table" }
        return switch (order.status, order.isDue) {
        case ("completed", _):
            (order.reference == nil ? VendorModel.End.completedByProof : .completedWithReference).rawValue
        case ("in_doubt", false): VendorModel.End.awaitingAPerson.rawValue
        default: order.status
        }
    }
}

extension VendorPeer {
    /// A list of names on one of the sandbox's pages.
    func names(_ page: String, _ list: String) async throws -> [String] {
        let json = try await self.page(page) as? [String: Any]
        return json?[list] as? [String] ?? (json?[list] as? [String: Any]).map { Array($0.keys) } ?? []
    }

    /// Queues faults for orders, a few at a time: the first of an order strikes its first request.
    func fault(_ plans: [(orderID: String, faults: [VendorModel.Fault])]) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for lane in 0..<8 {
                group.addTask {
                    for index in stride(from: lane, to: plans.count, by: 8) {
                        for fault in plans[index].faults {
                            try await self.fault(fault.name, orderID: plans[index].orderID)
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// A sale or an attempt at one that is not Giftbridge's: of another program with the same key.
    ///
    /// - Returns: The HTTP status.
    @discardableResult
    func sellDirectly(orderID: String, code: String? = nil) async throws -> Int {
        var item: [String: Any] = ["id": 1, "price": 20]
        item["code"] = code
        let fields: [String: Any] = [
            "items": [item], "customer": ["email": "other@example.com"],
            "delivery": ["method": 1, "email": "other@example.com"], "payment_method": 1, "order_id": orderID,
        ]
        return try await post(
            "/pos-sale", fields, headers: ["Accept": "application/json", "Smart-Auth": Self.key])
    }
}
