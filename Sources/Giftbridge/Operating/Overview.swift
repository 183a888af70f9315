#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// How things are: workers, queues, and what needs a person.
public struct Overview: Sendable, Equatable, Codable {
    /// When it was asked for, by the machine's clock.
    public let at: Date
    /// Every worker process known, the living first.
    public let workers: [WorkerReport]
    /// Every shop's queue, by name.
    public let queues: [ShopQueue]
    /// Orders to which nothing happens by itself, the newest first: at most ``orderLimit``. `queues` counts all.
    public let needsAttention: [OrderSummary]

    /// How many of the orders that need a person are told one by one.
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
    /// How things are.
    public func overview() async throws -> Overview {
        var search = OrderSearch()
        (search.needsAttention, search.limit) = (true, Overview.orderLimit)
        return Overview(
            at: .now, workers: try await workers(), queues: try await queues(), needsAttention: try await orders(search)
        )
    }
}
