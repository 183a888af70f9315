#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The status: workers, queues, and orders that need attention.
public struct Overview: Sendable, Equatable, Codable {
    /// When it was read, by this machine's clock.
    public let at: Date
    /// All known worker processes, living ones first.
    public let workers: [WorkerReport]
    /// Every shop's queue, by name.
    public let queues: [ShopQueue]
    /// Orders that need attention, newest first, up to ``orderLimit``. `queues` counts all of them.
    public let needsAttention: [OrderSummary]

    /// Maximum number of orders in ``needsAttention``.
    public static let orderLimit = 10

    /// The names in JSON.
    enum CodingKeys: String, CodingKey {
        case at, workers, queues
        case needsAttention = "needs_attention"
    }

    /// Memberwise.
    public init(at: Date, workers: [WorkerReport], queues: [ShopQueue], needsAttention: [OrderSummary]) {
        self.at = at
        self.workers = workers
        self.queues = queues
        self.needsAttention = needsAttention
    }
}

extension OperatorDesk {
    /// Reads the status.
    public func overview() async throws -> Overview {
        var search = OrderSearch()
        (search.needsAttention, search.limit) = (true, Overview.orderLimit)
        return Overview(
            at: .now, workers: try await workers(), queues: try await queues(), needsAttention: try await orders(search)
        )
    }
}
