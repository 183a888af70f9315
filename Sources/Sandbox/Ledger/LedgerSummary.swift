/// What happened at the sandbox since its start or its last reset, in numbers.
public struct LedgerSummary: Sendable, Equatable {
    /// Requests to the vendor's paths, also unknown ones; not the admin's.
    public var requests = 0
    /// Sales made.
    public var sales = 0
    /// Vouchers in them.
    public var vouchers = 0
    /// Sales whose order id was taken, so that their reference differs.
    public var renamed = 0
    /// Sale requests that validation refused (422 by the rules, not by a fault).
    public var refused = 0
    /// Requests that the rate limit refused.
    public var throttled = 0
    /// Requests with a missing or wrong key that got as far as the key.
    public var unauthorized = 0
    /// The most requests that one key sent, throttled ones included, within any stretch of time as long as the
    /// limiter's window; a fixed window can let twice its limit through around its edge.
    public var mostRequestsInWindow = 0
    /// How often each kind of fault struck.
    public var faults: [FaultKind: Int] = [:]

    /// Faults of every kind.
    public var faultsInAll: Int {
        faults.values.reduce(0, +)
    }

    var json: JSONValue {
        [
            "requests": .integer(requests), "sales": .integer(sales), "vouchers": .integer(vouchers),
            "renamed": .integer(renamed), "refused": .integer(refused), "throttled": .integer(throttled),
            "unauthorized": .integer(unauthorized),
            "max_requests_in_window": .integer(mostRequestsInWindow),
            "faults": .object(
                faults.map { JSONValue.Member($0.key.name, .integer($0.value)) }.sorted { $0.name < $1.name }
            ),
        ]
    }
}
