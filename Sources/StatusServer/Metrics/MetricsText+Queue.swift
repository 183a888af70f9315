import Giftbridge

extension MetricsText {
    /// Maximum number of shops with their own label value; the others share one.
    static let mostShops = 50

    /// Metrics from the database; nil: it does not respond.
    mutating func add(_ queue: QueueGauges?) {
        single(
            "giftbridge_database_up", .gauge,
            "Whether the database answered this scrape; if not, its metrics are absent.",
            queue == nil ? 0 : 1)
        guard let queue else { return }
        let shops = ShopGauges.folded(queue.shops, limit: Self.mostShops)
        family(
            "giftbridge_queue_orders", .gauge, "Number of a shop's orders with a status.",
            shops.flatMap { shop in
                shop.orders.sorted { $0.key.rawValue < $1.key.rawValue }
                    .map { (["shop": shop.shop, "status": $0.key.rawValue], Double($0.value)) }
            })
        perShop(
            "giftbridge_orders_needing_decision", "Orders in doubt that need a decision.", shops
        ) { Double($0.needsDecision) }
        perShop(
            "giftbridge_oldest_pending_seconds", "Age of the oldest order that could be sent now; 0: there is none.",
            shops,
            \.oldestPending)
        perShop(
            "giftbridge_oldest_in_doubt_seconds", "Time that the oldest order has been in doubt; 0: there is none.",
            shops,
            \.oldestInDoubt)
        perShop(
            "giftbridge_completed_last_hour", "Orders completed within the last hour, by all workers.", shops
        ) { Double($0.completedLastHour) }
        perShop(
            "giftbridge_allowance_left", "Requests that the vendor's rate limit allows now; absent: no limit.", shops
        ) { $0.allowanceLeft.map(Double.init) }
        perShop(
            "giftbridge_eta_seconds", "Estimated time to clear the orders due now; absent: not known.", shops, \.eta)
        perShop("giftbridge_shop_paused", "Whether a shop is paused, so that none of its orders are sent.", shops) {
            $0.isPaused ? 1 : 0
        }
        family(
            "giftbridge_workers", .gauge,
            "Workers that were not shut down: alive, or dead (no heartbeat for a minute).",
            [(["state": "alive"], Double(queue.livingWorkers)), (["state": "dead"], Double(queue.deadWorkers))])
    }

    private mutating func perShop(
        _ name: String, _ help: String, _ shops: [ShopGauges], _ value: (ShopGauges) -> Double?
    ) {
        family(
            name, .gauge, help,
            shops.compactMap { shop in value(shop).map { (["shop": shop.shop], $0) } })
    }
}
