import Giftbridge

extension MetricsText {
    /// More shops than this share one label value.
    static let mostShops = 50

    /// What the database says; nil: it says nothing.
    mutating func add(_ queue: QueueGauges?) {
        single(
            "giftbridge_database_up", .gauge,
            "Whether the database answered this scrape; if not, its gauges are absent.",
            queue == nil ? 0 : 1)
        guard let queue else { return }
        let shops = ShopGauges.folded(queue.shops, limit: Self.mostShops)
        family(
            "giftbridge_queue_orders", .gauge, "Orders of a shop that are in a state.",
            shops.flatMap { shop in
                shop.orders.sorted { $0.key.rawValue < $1.key.rawValue }
                    .map { (["shop": shop.shop, "status": $0.key.rawValue], Double($0.value)) }
            })
        perShop(
            "giftbridge_orders_needing_decision", "Orders in doubt that only a person can resolve.", shops
        ) { Double($0.needsDecision) }
        perShop(
            "giftbridge_oldest_pending_seconds", "How long the oldest order waits that could be sent; 0: none.", shops,
            \.oldestPending)
        perShop(
            "giftbridge_oldest_in_doubt_seconds", "How long the oldest order is in doubt; 0: none.", shops,
            \.oldestInDoubt)
        perShop(
            "giftbridge_completed_last_hour", "Orders completed within the last hour, by whichever worker.", shops
        ) { Double($0.completedLastHour) }
        perShop(
            "giftbridge_allowance_left", "Requests that the vendor's limit leaves right now; absent: no limit.", shops
        ) { $0.allowanceLeft.map(Double.init) }
        perShop("giftbridge_eta_seconds", "When what waits will be sold; absent: not known.", shops, \.eta)
        perShop("giftbridge_shop_paused", "Whether nothing is sent for a shop.", shops) { $0.isPaused ? 1 : 0 }
        family(
            "giftbridge_workers", .gauge,
            "Workers that have not said goodbye: alive, or dead (no heartbeat for a minute).",
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
