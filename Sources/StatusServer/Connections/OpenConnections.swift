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
