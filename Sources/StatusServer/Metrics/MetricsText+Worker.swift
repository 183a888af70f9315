import Giftbridge

extension MetricsText {
    /// Metrics of this process.
    ///
    /// - Parameters:
    ///   - counts: The worker's figures.
    ///   - progressAt: When its loop last made progress, in seconds since 1970.
    mutating func add(_ counts: WorkerCounts, version: String, concurrency: Int, progressAt: Double) {
        single("giftbridge_build_info", version: version)
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

    private mutating func single(_ name: String, version: String) {
        family(name, .gauge, "The program's version.", [(["version": version], 1)])
    }
}
