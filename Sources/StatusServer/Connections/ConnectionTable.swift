/// Which connections are open, and which one to close when there are too many. A value: no sockets, no clock.
///
/// A new connection is always accepted, so that probes get through. If that is one too many, the oldest idle connection is
/// closed: of the same address, if that has more than its share; otherwise of all. If none is idle, the oldest busy one is closed.
struct ConnectionTable<ID: Hashable> {
    private struct Entry {
        let address: String
        var isBusy = false
        /// Since when it is idle or busy, as an increasing number.
        var since: Int
    }

    /// Maximum number of open connections.
    let limit: Int
    /// Maximum number per address. Loopback has no such limit, because probes and proxies come from there.
    let share: Int
    private var entries: [ID: Entry] = [:]
    private var now = 0

    init(limit: Int, share: Int) {
        self.limit = limit
        self.share = share
    }

    var count: Int { entries.count }

    /// A connection was accepted.
    ///
    /// - Parameters:
    ///   - address: The peer's.
    ///   - isLoopback: The peer is this machine.
    /// - Returns: The connection to close in exchange, if any.
    mutating func open(_ id: ID, from address: String, isLoopback: Bool) -> ID? {
        let own = isLoopback ? [:] : entries.filter { $0.value.address == address }
        let victim = own.count >= share ? Self.oldest(own) : entries.count >= limit ? Self.oldest(entries) : nil
        if let victim { entries[victim] = nil }
        entries[id] = Entry(address: address, since: tick())
        return victim
    }

    /// A request has come over it, or was answered.
    mutating func set(_ id: ID, isBusy: Bool) {
        let time = tick()
        entries[id]?.isBusy = isBusy
        entries[id]?.since = time
    }

    /// It was closed.
    mutating func close(_ id: ID) { entries[id] = nil }

    private mutating func tick() -> Int {
        now += 1
        return now
    }

    private static func oldest(_ entries: [ID: Entry]) -> ID? {
        entries.min { ($0.value.isBusy ? 1 : 0, $0.value.since) < ($1.value.isBusy ? 1 : 0, $1.value.since) }?.key
    }
}
