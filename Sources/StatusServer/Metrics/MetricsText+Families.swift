import FoundationEssentials
import Giftbridge
import Glibc

extension MetricsText {
    /// Metrics of this process.
    ///
    /// - Parameters:
    ///   - counts: The worker's figures.
    ///   - progressAt: When its loop last made progress, in seconds since 1970.
    mutating func add(_ counts: WorkerCounts, version: String, concurrency: Int, progressAt: Double) {
        family("giftbridge_build_info", .gauge, "The program's version.", [(["version": version], 1)])
        family(
            "giftbridge_worker_state", .gauge, "The worker's state: 1 for the current one, 0 for the others.",
            ["starting", "running", "draining", "stopped"].map { (["state": $0], $0 == counts.state ? 1 : 0) })
        single(
            "giftbridge_last_progress_timestamp_seconds", .gauge,
            "When the worker's loop last made progress, in Unix time.", progressAt)
        single(
            "giftbridge_last_completed_timestamp_seconds", .gauge,
            "When this worker last completed an order, in Unix time; 0: not yet.", counts.lastCompletedAt ?? 0)
        family(
            "giftbridge_orders_total", .counter, "Orders to which this worker's results gave a status.",
            counts.orders.sorted { $0.key.rawValue < $1.key.rawValue }
                .map { (["outcome": $0.key.rawValue], Double($0.value)) })
        family(
            "giftbridge_submissions_total", .counter, "Attempts whose result this worker saved, by outcome.",
            counts.submissions.sorted { $0.key < $1.key }.map { (["outcome": $0.key], Double($0.value)) })
        single(
            "giftbridge_overtaken_results_total", .counter,
            "Results that changed nothing because another process had acted on the order meanwhile.",
            Double(counts.overtaken))
        single(
            "giftbridge_throttled_total", .counter, "Answers 429 from the vendor: rate limit reached.",
            Double(counts.throttled))
        single(
            "giftbridge_setup_faults_total", .counter,
            "Answers that show a configuration fault, such as a wrong key.", Double(counts.setupFaults))
        histogram(
            "giftbridge_request_duration_seconds", "Duration of requests to the vendor, successful or not.",
            counts.requests)
        histogram(
            "giftbridge_write_back_duration_seconds",
            "Duration of write-backs, each a batch of results in one transaction.", counts.writeBacks)
        single("giftbridge_requests_in_flight", .gauge, "Requests in flight.", Double(counts.inFlight))
        single(
            "giftbridge_requests_in_flight_limit", .gauge, "Maximum number of requests in flight.",
            Double(concurrency))
        single(
            "giftbridge_unwritten_results", .gauge, "Results waiting to be saved in the database.",
            Double(counts.unwritten))
        single(
            "giftbridge_connection_up", .gauge, "Whether the worker's own connection to the database is up.",
            counts.isConnected ? 1 : 0)
        single(
            "giftbridge_listener_up", .gauge,
            "Whether the worker's LISTEN connection is up; if not, it polls for new orders.",
            counts.isListening ? 1 : 0)
        family(
            "giftbridge_reconnects_total", .counter, "How often a connection to the database was reopened.",
            [
                (["connection": "worker"], Double(counts.reconnects)),
                (["connection": "listener"], Double(counts.listenerReconnects)),
            ])
    }
}

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

extension MetricsText {
    /// The process metrics of every Prometheus client, under the usual names. Those that the system does not provide are omitted.
    ///
    /// - Parameter startedAt: When the process started.
    mutating func addProcess(startedAt: Date) {
        single(
            "process_start_time_seconds", .gauge, "When the process started, in Unix time.",
            startedAt.timeIntervalSince1970)
        var usage = rusage()
        if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
            let times = [usage.ru_utime, usage.ru_stime]
            let seconds = times.reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
            single("process_cpu_seconds_total", .counter, "Processor time used, user and system.", seconds)
        }
        if let statm = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),  // Only Linux has it.
            let pages = statm.split(separator: " ").dropFirst().first.flatMap({ Double($0) })
        {
            single(
                "process_resident_memory_bytes", .gauge, "Resident memory size.",
                pages * Double(sysconf(Int32(_SC_PAGESIZE))))
        }
        if let files = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {  // Only Linux has it.
            single("process_open_fds", .gauge, "Open file descriptors.", Double(files.count))
        }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            single("process_max_fds", .gauge, "Maximum number of open file descriptors.", Double(limit.rlim_cur))
        }
    }
}
