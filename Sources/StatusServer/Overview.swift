import Giftbridge

/// What the first page shows of the database, read at once.
struct Overview: Sendable {
    let workers: [WorkerReport]
    let queues: [ShopQueue]
    /// Orders that need a person, the newest first; at most ``mostOrders``.
    let forAPerson: [OrderSummary]
    let soldByMinute: [Int]

    static let mostOrders = 20

    init(_ desk: OperatorDesk) async throws {
        var search = OrderSearch()
        search.needsPerson = true
        search.limit = Self.mostOrders
        workers = try await desk.workers()
        queues = try await desk.queues()
        forAPerson = try await desk.orders(search)
        soldByMinute = try await desk.soldByMinute()
    }
}
