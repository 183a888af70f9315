import Giftbridge
import NIOCore
import Synchronization

/// The server's open connections; closes one when there are too many.
final class OpenConnections: Sendable {
    private struct State {
        var table: ConnectionTable<ObjectIdentifier>
        var channels: [ObjectIdentifier: any Channel] = [:]
    }

    private let state: Mutex<State>

    init(limit: Int = 200, share: Int = 50) {
        state = Mutex(State(table: ConnectionTable(limit: limit, share: share)))
    }

    /// Counts a new connection until it is closed. If there are too many, one is closed.
    func add(_ channel: any Channel) {
        let id = ObjectIdentifier(channel)
        let address = channel.remoteAddress.peer
        let victim = state.withLock { state -> (any Channel)? in
            state.channels[id] = channel
            let victim = state.table.open(id, from: address, isLoopback: Loopback.contains(address))
            return victim.flatMap { state.channels.removeValue(forKey: $0) }
        }
        victim?.close(promise: nil)
        channel.closeFuture.whenComplete { _ in
            self.state.withLock { state in
                state.table.close(id)
                state.channels[id] = nil
            }
        }
    }

    /// A request has come over a connection, or was answered.
    func set(_ channel: any Channel, isBusy: Bool) {
        state.withLock { $0.table.set(ObjectIdentifier(channel), isBusy: isBusy) }
    }
}

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

extension SocketAddress? {
    /// The address by which a peer is counted; empty if there is none.
    var peer: String {
        guard let address = self, let text = address.ipAddress else { return "" }
        guard case .v6 = address else { return text }
        // The address begins at byte 8 of a sockaddr_in6, after family, port and flow.
        let bytes = address.withSockAddr { Array(UnsafeRawBufferPointer(start: $0, count: $1)[8..<24]) }
        // An IPv4-mapped IPv6 address is a single machine.
        let isMapped = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xff && bytes[11] == 0xff
        if isMapped { return bytes.suffix(4).map(String.init).joined(separator: ".") }
        if text == "::1" { return text }
        return bytes.prefix(8).map { String($0, radix: 16) }.joined(separator: ":") + "::/64"
    }
}
