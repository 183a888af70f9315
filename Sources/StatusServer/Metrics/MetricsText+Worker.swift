import Giftbridge

extension MetricsText {
    /// What the process knows of itself.
    ///
    /// - Parameters:
    ///   - counts: The worker's books.
    ///   - progressAt: When its loop last made progress, in seconds since 1970.
    mutating func add(_ counts: WorkerCounts, version: String, concurrency: Int, progressAt: Double) {
        single("giftbridge_build_info", version: version)
        family(
            "giftbridge_worker_state", .gauge, "The worker's state: 1 for the one that it is in.",
            ["starting", "running", "draining", "stopped"].map { (["state": $0], $0 == counts.state ? 1 : 0) })
        single(
            "giftbridge_last_progress_timestamp_seconds", .gauge,
            "When the worker's loop last made progress, in Unix time.", progressAt)
        single(
            "giftbridge_last_completed_timestamp_seconds", .gauge,
            "When this worker last completed an order, in Unix time; 0: not yet.", counts.lastCompletedAt ?? 0)
        family(
            "giftbridge_orders_total", .counter, "Orders that this worker brought to a state.",
            counts.orders.sorted { $0.key.rawValue < $1.key.rawValue }
                .map { (["outcome": $0.key.rawValue], Double($0.value)) })
        family(
            "giftbridge_submissions_total", .counter, "Submissions whose result this worker wrote, by outcome.",
            counts.submissions.sorted { $0.key < $1.key }.map { (["outcome": $0.key], Double($0.value)) })
        single(
            "giftbridge_overtaken_results_total", .counter,
            "Results that changed nothing because somebody else had acted on the order meanwhile.",
            Double(counts.overtaken))
        single("giftbridge_throttled_total", .counter, "Answers 429 of the vendor.", Double(counts.throttled))
        single(
            "giftbridge_setup_faults_total", .counter,
            "Answers that showed a fault in the set-up, such as a wrong key.", Double(counts.setupFaults))
        histogram(
            "giftbridge_request_duration_seconds", "How long requests to the vendor took, however they ended.",
            counts.requests)
        histogram(
            "giftbridge_write_back_duration_seconds",
            "How long write-backs took, each a batch of results in one transaction.", counts.writeBacks)
        single("giftbridge_requests_in_flight", .gauge, "Requests in the air.", Double(counts.inFlight))
        single(
            "giftbridge_requests_in_flight_limit", .gauge, "Requests that may be in the air at once.",
            Double(concurrency))
        single(
            "giftbridge_unwritten_results", .gauge, "Results that wait to be written to the database.",
            Double(counts.unwritten))
        single(
            "giftbridge_connection_up", .gauge, "Whether the worker's own connection to the database is up.",
            counts.isConnected ? 1 : 0)
        single(
            "giftbridge_listener_up", .gauge, "Whether the worker is told of new orders at once; else it polls.",
            counts.isListening ? 1 : 0)
        family(
            "giftbridge_reconnects_total", .counter, "How often a connection to the database was made anew.",
            [
                (["connection": "worker"], Double(counts.reconnects)),
                (["connection": "listener"], Double(counts.listenerReconnects)),
            ])
    }

    private mutating func single(_ name: String, version: String) {
        family(name, .gauge, "The program's version.", [(["version": version], 1)])
    }
}
