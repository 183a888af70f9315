#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The status: workers, queues, and orders that need attention.
public struct Overview: Sendable, Equatable, Codable {
    /// When it was read, by this machine's clock.
    public let at: Date
    /// Whether the database is where it was installed.
    public let installation: Installation
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
        case at, installation, workers, queues
        case needsAttention = "needs_attention"
    }

    /// Memberwise.
    public init(
        at: Date, installation: Installation = Installation(), workers: [WorkerReport], queues: [ShopQueue],
        needsAttention: [OrderSummary]
    ) {
        self.at = at
        self.installation = installation
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
            at: .now, installation: try await Installation(connection), workers: try await workers(),
            queues: try await queues(), needsAttention: try await orders(search))
    }
}
