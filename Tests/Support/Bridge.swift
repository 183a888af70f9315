/// `giftbridge run` as a process of its own, against a database and a vendor.
package struct Bridge: Sendable {
    package let database: TestDatabase
    package let vendor: VendorPeer
    /// More settings, by variable name.
    package var settings: [String: String] = [:]

    package init(_ database: TestDatabase, _ vendor: VendorPeer, _ settings: [String: String] = [:]) {
        self.database = database
        self.vendor = vendor
        self.settings = settings
    }

    /// The worker's environment: quick retries, so that a test waits for what it tests.
    package var environment: [String: String] {
        var all = [
            "GIFTBRIDGE_DATABASE_URL": database.workerConninfo, "GIFTBRIDGE_API_URL": vendor.url,
            "GIFTBRIDGE_API_KEY": VendorPeer.key, "GIFTBRIDGE_RETRY_BASE": "50ms", "GIFTBRIDGE_RETRY_MAX": "500ms",
            "GIFTBRIDGE_REQUEST_TIMEOUT": "2s",
        ].merging(settings) { _, new in new }
        // As soon as may be: it has to be longer than a request may take.
        if all["GIFTBRIDGE_VERIFY_AFTER"] == nil, let timeout = all["GIFTBRIDGE_REQUEST_TIMEOUT"] {
            let isWhole = !timeout.hasSuffix("ms")
            let number = Int(timeout.prefix(while: \.isNumber)) ?? 1
            all["GIFTBRIDGE_VERIFY_AFTER"] = "\(isWhole ? number * 1000 + 100 : number + 100)ms"
        }
        return all
    }

    /// Runs a worker while `body` runs, and kills it then if it still lives.
    @discardableResult
    package func run<Value: Sendable>(
        _ body: @Sendable @escaping (RunningProcess) async throws -> Value
    ) async throws -> (value: Value, outcome: RunningProcess.Outcome) {
        try await RunningProcess.run(["run"], environment: environment) { process in
            try await process.line(containing: "The worker is running.")
            return try await body(process)
        }
    }

    /// Runs a worker while `body` runs, then drains it with SIGTERM.
    ///
    /// - Returns: How the worker ended.
    @discardableResult
    package func runAndDrain(
        _ body: @Sendable @escaping (RunningProcess) async throws -> Void
    ) async throws -> RunningProcess.Outcome {
        try await run { process in
            try await body(process)
            process.signal(15)
            try await process.end()
        }.outcome
    }
}

extension TestDatabase {
    /// Inserts orders `FROM`…`TO` of one item each, in one statement, with the number as `shop_order_id`.
    package func insertOrders(_ numbers: ClosedRange<Int>) async throws {
        try await run(
            """
            INSERT INTO giftbridge.orders
                (shop_order_id, items, customer_email, delivery_method, delivery_email, payment_method)
            SELECT n::text, '[{"id": 1, "price": 12.50}]', 'customer@example.com', 1, 'recipient@example.com', 1
            FROM generate_series(\(numbers.lowerBound), \(numbers.upperBound)) AS n
            """)
    }

    /// Lifts the vendor's limit for the shop `default`.
    package func liftLimit() async throws {
        try await run("UPDATE giftbridge.shops SET rate_limit = NULL")
    }

    /// Cuts every connection of every worker.
    ///
    /// - Returns: How many there were.
    @discardableResult
    package func terminateConnections() async throws -> Int {
        let count = try await value(
            """
            SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name LIKE 'giftbridge %'
            """)
        return count.flatMap { Int($0) } ?? 0
    }

    /// How many orders are in each state, as `completed=3 pending=1`; one with a request on the way is `submitting`.
    package func states() async throws -> String {
        try await value(
            """
            SELECT string_agg(status || '=' || count, ' ' ORDER BY status)
            FROM (SELECT status, count(*) FROM giftbridge.order_list GROUP BY status) AS states
            """) ?? ""
    }

    /// Waits until this number of requests is in flight, by the write-ahead entries.
    package func waitForFlights(_ count: Int, within bound: Duration = .seconds(20)) async throws {
        try await wait(for: "\(count)", from: "SELECT count(*) FROM giftbridge.in_flight", within: bound)
    }

    /// Ends the lease of every request in flight now: the database's clock decides.
    package func endLeases() async throws {
        try await run("UPDATE giftbridge.in_flight SET lease_until = now()")
    }

    /// Waits until every order is in its last state.
    package func waitUntilFinished(within bound: Duration = .seconds(40)) async throws {
        try await wait(
            for: "0",
            from: "SELECT count(*) FROM giftbridge.orders WHERE status IN ('pending', 'in_doubt')",
            within: bound)
    }
}
