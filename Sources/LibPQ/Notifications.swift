/// The notifications of one connection, as they come.
///
/// They are collected from the moment that the connection opens, also while nobody iterates. At most 1000 wait: then
/// the oldest is dropped. One that equals in channel and payload one that still waits is dropped too, as PostgreSQL
/// itself does within a transaction. So a notification is a hint that something happened, not a count of it.
///
/// A loop over it ends when the connection is closed or lost, or the iterating task is cancelled; after a
/// cancellation another iteration goes on where it stopped. Of several iterators each notification reaches one.
public struct Notifications: AsyncSequence, Sendable {
    let buffer: NotificationBuffer

    /// Starts an iteration.
    public func makeAsyncIterator() -> Iterator {
        Iterator(buffer: buffer)
    }

    /// Waits for one notification after the other.
    public struct Iterator: AsyncIteratorProtocol, Sendable {
        let buffer: NotificationBuffer

        /// The next notification, at once if one waits; `nil` when the connection is closed or lost and nothing
        /// waits any more, or when the task is cancelled.
        public func next() async -> Notification? {
            await buffer.next(isolation: nil)
        }

        /// The same for code of an actor, without leaving the actor's executor.
        public func next(isolation actor: isolated (any Actor)?) async -> Notification? {
            await buffer.next(isolation: actor)
        }
    }
}

/// Where notifications wait between the connection's loop and whoever iterates.
final class NotificationBuffer: Sendable {
    private struct State {
        var waiting: [Notification] = []
        var keys: Set<Key> = []
        var readers: [(id: UInt64, continuation: CheckedContinuation<Notification?, Never>)] = []
        var nextID: UInt64 = 0
        var isFinished = false
    }

    private struct Key: Hashable {
        let channel: String
        let payload: String

        init(_ notification: Notification) {
            channel = notification.channel
            payload = notification.payload
        }
    }

    private static let capacity = 1000
    private let state = Lock(State())

    func append(_ notification: Notification) {
        let reader: CheckedContinuation<Notification?, Never>? = state.withLock { state in
            if !state.readers.isEmpty {
                return state.readers.removeFirst().continuation
            }
            guard state.keys.insert(Key(notification)).inserted else { return nil }
            state.waiting.append(notification)
            if state.waiting.count > Self.capacity {
                state.keys.remove(Key(state.waiting.removeFirst()))
            }
            return nil
        }
        reader?.resume(returning: notification)
    }

    func finish() {
        let readers = state.withLock { state in
            state.isFinished = true
            defer { state.readers = [] }
            return state.readers
        }
        for reader in readers {
            reader.continuation.resume(returning: nil)
        }
    }

    func next(isolation: isolated (any Actor)?) async -> Notification? {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Notification?? = state.withLock { state in
                    // Asked under the lock that the cancellation takes too, so it is seen here or there.
                    if Task.isCancelled { return .some(nil) }
                    if !state.waiting.isEmpty {
                        let notification = state.waiting.removeFirst()
                        state.keys.remove(Key(notification))
                        return notification
                    }
                    if state.isFinished { return .some(nil) }
                    state.readers.append((id, continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let reader = state.withLock { state in
                state.readers.firstIndex { $0.id == id }.map { state.readers.remove(at: $0) }
            }
            reader?.continuation.resume(returning: nil)
        }
    }
}
