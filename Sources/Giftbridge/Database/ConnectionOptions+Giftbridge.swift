import LibPQ

extension ConnectionOptions {
    /// Options of one of the worker's connections.
    ///
    /// - Parameter purpose: Shown as `application_name` behind `giftbridge`.
    static func giftbridge(_ purpose: String) -> ConnectionOptions {
        ConnectionOptions(
            connectTimeout: .seconds(10), commandTimeout: .seconds(30), applicationName: "giftbridge \(purpose)",
            settings: giftbridgeSettings(statementTimeout: .seconds(25), lockTimeout: .seconds(20)),
            requiresPrimary: true)
    }

    /// The settings that Giftbridge's statements rely on, and that a role, a database or `PGOPTIONS` may have changed.
    ///
    /// - Parameters:
    ///   - statementTimeout: Below ``commandTimeout``, so that the server cancels a statement before the client gives up. Nil:
    ///     no limit, whatever the role has.
    ///   - lockTimeout: The longest wait for one lock. Nil: no limit.
    package static func giftbridgeSettings(statementTimeout: Duration?, lockTimeout: Duration?) -> [String: String] {
        func milliseconds(_ limit: Duration?) -> String {
            // 0 is no limit.
            limit.map { "\(max(Int($0 / .milliseconds(1)), 1))" } ?? "0"
        }
        return [
            "DateStyle": "ISO",
            "IntervalStyle": "postgres",
            "bytea_output": "hex",
            "client_min_messages": "warning",
            "default_transaction_deferrable": "off",
            "default_transaction_isolation": "read committed",
            "default_transaction_read_only": "off",
            "extra_float_digits": "1",
            "idle_in_transaction_session_timeout": "60000",
            "jit": "off",
            "lock_timeout": milliseconds(lockTimeout),
            "row_security": "on",
            // Every name in a statement is qualified.
            "search_path": "pg_catalog",
            "standard_conforming_strings": "on",
            "statement_timeout": milliseconds(statementTimeout),
        ]
    }
}

/// The pauses between attempts to connect: they double from 100 ms to 5 s, with jitter.
struct Reconnect: Sendable {
    private var failures = 0

    mutating func succeeded() { failures = 0 }

    /// The next pause.
    mutating func delay() -> Duration {
        failures += 1
        return RetryPolicy(base: .milliseconds(100), maximum: .seconds(5)).backoff(
            attempts: failures, jitter: .random(in: 0...1))
    }

    /// Waits for the next pause, or until the task is cancelled.
    mutating func pause() async {
        try? await Task.sleep(for: delay())  // Cancelled: the caller checks its task.
    }
}
