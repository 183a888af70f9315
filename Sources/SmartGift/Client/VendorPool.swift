/// Which connection may carry which request. Pure: it knows neither sockets nor a clock.
///
/// Its rules: a request goes onto a connection that is idle and alive, or waits for a new one; a connection carries one request
/// at a time, and another one only after the first was written wholly, answered wholly, and not one more byte came; a
/// request is written to a connection at most once, and never after its deadline. So it is always known whether a
/// request may have been sent.
struct VendorPool {
    typealias Instant = ContinuousClock.Instant

    struct RequestID: Hashable { let number: Int }
    struct ConnectionID: Hashable { let number: Int }

    /// What a response promises about its connection.
    enum KeepAlive: Equatable {
        /// The connection ends.
        case no
        /// It stays open; nothing was said for how long.
        case open
        /// It is closed after this number of seconds without a request (`Keep-Alive: timeout=…`).
        case seconds(Int)

        /// How long to keep it idle: a second less than the vendor does, so that we close first. A server that says
        /// nothing closes after a while, too (nginx after 75 s). Nil: it is not used again.
        var idleLimit: Duration? {
            switch self {
            case .no: nil
            case .open: VendorPool.idleLimit
            case .seconds(let hint): hint < 2 ? nil : min(VendorPool.idleLimit, .seconds(hint - 1))
            }
        }
    }

    enum Event {
        /// A new request.
        case request(RequestID, VendorOrigin, by: Instant, prefersFresh: Bool)
        /// A request is not wanted any more.
        case cancel(RequestID)
        /// A requested connection is open.
        case connected(ConnectionID)
        /// A requested connection could not be opened.
        case failed(ConnectionID, VendorAnswer.NotSent)
        /// The last byte of the connection's request has been handed to the kernel.
        case written(ConnectionID)
        /// The connection had ended before the first byte of its request was written.
        case unwritten(ConnectionID)
        /// The whole answer came. Its request is over.
        case answered(ConnectionID, keepAlive: KeepAlive, leftOver: Bool)
        /// A connection ended; what that means for a request on it.
        case closed(ConnectionID, String)
        /// The time of a ``Action/wake(_:)`` has come.
        case time
        /// Nothing is sent from now on.
        case shutDown
    }

    enum Action: Equatable {
        case open(ConnectionID, VendorOrigin)
        case send(RequestID, ConnectionID)
        case close(ConnectionID)
        /// The request is over without an answer.
        case end(RequestID, VendorAnswer.NoResponse)
        /// Tell it the time then. One that is earlier takes the place of one that is later.
        case wake(Instant)
    }

    private struct Request {
        let origin: VendorOrigin
        let since: Instant
        let deadline: Instant
        let prefersFresh: Bool
        /// Where it is sent; nil: it waits.
        var connection: ConnectionID?
    }

    private struct Connection {
        enum State {
            case opening(until: Instant)
            /// The order in which connections became idle.
            case idle(order: Int, until: Instant)
            case busy(RequestID, isWritten: Bool)
        }
        let origin: VendorOrigin
        var state: State
    }

    /// What there is of one origin. It is forgotten with its last connection.
    private struct Site {
        /// The oldest first.
        var waiting: [RequestID] = []
        /// The one that is idle longest first.
        var idle: [ConnectionID] = []
        var opening = 0
        /// In any state.
        var connections = 0
        /// When one came about last.
        var connectedAt: Instant?
    }

    private static let idleLimit = Duration.seconds(20)
    /// A request that waited for less says nothing about the vendor's address.
    private static let shortestProof = Duration.seconds(1)

    private let openingLimit: Duration
    private let maximumIdle: Int
    private var requests: [RequestID: Request] = [:]
    private var connections: [ConnectionID: Connection] = [:]
    private var sites: [VendorOrigin: Site] = [:]
    private var idleCount = 0
    private var idleOrder = 0
    private var lastConnection = 0
    private var wakesAt: Instant?
    private var isShutDown = false
    private var actions: [Action] = []

    /// - Parameters:
    ///   - openingLimit: The longest that a connection may take to come about, from DNS to TLS.
    ///   - maximumIdle: The most connections that are kept without a request, of all origins.
    init(openingLimit: Duration = .seconds(10), maximumIdle: Int = 256) {
        self.openingLimit = openingLimit
        self.maximumIdle = maximumIdle
    }

    /// How many requests, connections and origins it holds.
    var size: (requests: Int, connections: Int, origins: Int) { (requests.count, connections.count, sites.count) }

    /// Takes an event.
    ///
    /// - Parameter now: The time now. It decides whether a request may still be sent, so it must be read for this event.
    /// - Returns: What to do, in this order.
    mutating func handle(_ event: Event, at now: Instant) -> [Action] {
        switch event {
        case .request(let id, let origin, let deadline, let prefersFresh):
            requests[id] = Request(origin: origin, since: now, deadline: deadline, prefersFresh: prefersFresh)
            place(id, isFirst: false, at: now)
        case .cancel(let id): cancel(id)
        case .connected(let id): connected(id, at: now)
        case .failed(let id, let reason): failed(id, reason)
        case .written(let id):
            if case .busy(let request, _)? = connections[id]?.state {
                connections[id]?.state = .busy(request, isWritten: true)
            }
        case .unwritten(let id):
            guard case .busy(let request, _)? = connections[id]?.state else { break }
            forget(id)
            requests[request]?.connection = nil
            place(request, isFirst: true, at: now)
        case .answered(let id, let keepAlive, let leftOver): answered(id, leftOver ? .no : keepAlive, at: now)
        case .closed(let id, let reason): closed(id, reason)
        case .time: tick(now)
        case .shutDown: shutDown()
        }
        defer { actions = [] }
        return actions
    }

    // MARK: - Requests

    /// Sends a request, or lets it wait for a connection.
    private mutating func place(_ id: RequestID, isFirst: Bool, at now: Instant) {
        guard let request = requests[id] else { return }
        guard !isShutDown else { return end(id, .notSent(.ended(Self.stopping))) }
        guard request.deadline > now else { return expire(id) }
        wake(by: request.deadline)
        while !request.prefersFresh, let connection = sites[request.origin]?.idle.popLast() {
            idleCount -= 1
            if case .idle(_, let until)? = connections[connection]?.state, until > now {
                return send(id, on: connection)
            }
            close(connection)
        }
        var site = sites.removeValue(forKey: request.origin) ?? Site()
        site.waiting.insert(id, at: isFirst ? 0 : site.waiting.count)
        let mustOpen = site.opening < site.waiting.count
        sites[request.origin] = site
        if mustOpen { open(request.origin, at: now) }
    }

    private mutating func send(_ id: RequestID, on connection: ConnectionID) {
        requests[id]?.connection = connection
        connections[connection]?.state = .busy(id, isWritten: false)
        actions.append(.send(id, connection))
    }

    private mutating func end(_ id: RequestID, _ outcome: VendorAnswer.NoResponse) {
        requests[id] = nil
        actions.append(.end(id, outcome))
    }

    private mutating func cancel(_ id: RequestID) {
        guard let request = requests[id] else { return }
        if let connection = request.connection {
            close(connection)
            end(id, .lost(Self.cancelled))
        } else {
            sites[request.origin]?.waiting.removeAll { $0 == id }
            end(id, .notSent(.ended(Self.cancelled)))
        }
    }

    /// Ends a request whose time is over.
    private mutating func expire(_ id: RequestID) {
        guard let request = requests[id] else { return }
        if let connection = request.connection {
            close(connection)
            return end(id, .lost("The vendor did not answer in time."))
        }
        let connectedAt = sites[request.origin]?.connectedAt
        sites[request.origin]?.waiting.removeAll { $0 == id }
        guard request.deadline > request.since else {
            return end(id, .notSent(.ended("The deadline had passed before the request was sent.")))
        }
        // All its time was not enough for a connection, and no other request got one either.
        let isProof = request.deadline - request.since >= Self.shortestProof
        let isUnreachable = isProof && connectedAt.map { $0 < request.since } ?? true
        end(id, .notSent(isUnreachable ? .unreachable(Self.noConnection) : .ended(Self.noConnection)))
    }

    // MARK: - Connections

    private mutating func open(_ origin: VendorOrigin, at now: Instant) {
        lastConnection += 1
        let id = ConnectionID(number: lastConnection)
        connections[id] = Connection(origin: origin, state: .opening(until: now + openingLimit))
        sites[origin, default: Site()].opening += 1
        sites[origin]?.connections += 1
        wake(by: now + openingLimit)
        actions.append(.open(id, origin))
    }

    private mutating func connected(_ id: ConnectionID, at now: Instant) {
        guard case .opening? = connections[id]?.state, let origin = connections[id]?.origin else {
            // It was given up meanwhile.
            return actions.append(.close(id))
        }
        sites[origin]?.opening -= 1
        sites[origin]?.connectedAt = now
        offer(id, of: origin, isFresh: true, Self.idleLimit, at: now)
    }

    /// Fails the request that has waited longest, because each request has one connection attempt. If there are more attempts
    /// than requests (one got a connection that became free, or was cancelled), the others decide.
    private mutating func failed(_ id: ConnectionID, _ reason: VendorAnswer.NotSent) {
        guard case .opening? = connections[id]?.state, let origin = connections[id]?.origin else { return }
        sites[origin]?.opening -= 1
        if let site = sites[origin], site.opening < site.waiting.count {
            sites[origin]?.waiting.removeFirst()
            end(site.waiting[0], .notSent(reason))
        }
        forget(id)
        // This machine may lack what an idle connection holds: a descriptor, a port, memory.
        if case .local = reason { closeLongestIdle() }
    }

    private mutating func answered(_ id: ConnectionID, _ keepAlive: KeepAlive, at now: Instant) {
        guard let connection = connections[id], case .busy(let request, let isWritten) = connection.state else {
            return
        }
        requests[request] = nil
        // An answer before the request was written: the rest of the request stands before the next one.
        guard isWritten, let limit = keepAlive.idleLimit else { return close(id) }
        offer(id, of: connection.origin, isFresh: false, limit, at: now)
    }

    /// Gives a free connection to the request that has waited longest, or keeps it.
    private mutating func offer(
        _ id: ConnectionID, of origin: VendorOrigin, isFresh: Bool, _ limit: Duration, at now: Instant
    ) {
        while let waiting = sites[origin]?.waiting, !waiting.isEmpty,
            let position = waiting.firstIndex(where: { isFresh || requests[$0]?.prefersFresh == false })
        {
            let request = waiting[position]
            if let deadline = requests[request]?.deadline, deadline > now {
                sites[origin]?.waiting.remove(at: position)
                return send(request, on: id)
            }
            expire(request)
        }
        idleOrder += 1
        connections[id]?.state = .idle(order: idleOrder, until: now + limit)
        sites[origin]?.idle.append(id)
        idleCount += 1
        wake(by: now + limit)
        if idleCount > maximumIdle { closeLongestIdle() }
    }

    private mutating func closeLongestIdle() {
        let first = sites.values.compactMap(\.idle.first).min { idlePosition($0) < idlePosition($1) }
        if let first { close(first) }
    }

    private func idlePosition(_ id: ConnectionID) -> Int {
        if case .idle(let order, _)? = connections[id]?.state { order } else { .max }
    }

    private mutating func closed(_ id: ConnectionID, _ reason: String) {
        switch connections[id]?.state {
        case .opening?: failed(id, .unreachable(reason))
        case .busy(let request, _)?:
            end(request, .lost(reason))
            forget(id)
        case .idle?, nil: forget(id)
        }
    }

    private mutating func close(_ id: ConnectionID) {
        forget(id)
        actions.append(.close(id))
    }

    private mutating func forget(_ id: ConnectionID) {
        guard let connection = connections.removeValue(forKey: id),
            var site = sites.removeValue(forKey: connection.origin)
        else { return }
        if case .idle = connection.state, let position = site.idle.lastIndex(of: id) {
            site.idle.remove(at: position)
            idleCount -= 1
        }
        site.connections -= 1
        if site.connections > 0 || !site.waiting.isEmpty { sites[connection.origin] = site }
    }

    // MARK: - Time

    private mutating func wake(by instant: Instant) {
        if let wakesAt, wakesAt <= instant { return }
        wakesAt = instant
        actions.append(.wake(instant))
    }

    /// Ends what is over. Connections before requests: why an attempt failed says more than that time passed.
    private mutating func tick(_ now: Instant) {
        wakesAt = nil
        for (id, connection) in connections.sorted(by: { $0.key.number < $1.key.number }) {
            switch connection.state {
            case .opening(let until) where until <= now:
                failed(id, .unreachable(Self.noConnection))
                actions.append(.close(id))
            case .idle(_, let until) where until <= now: close(id)
            case .opening, .idle, .busy: break
            }
        }
        for (id, request) in requests.sorted(by: { $0.key.number < $1.key.number }) where request.deadline <= now {
            expire(id)
        }
        let limits = connections.values.compactMap { connection -> Instant? in
            switch connection.state {
            case .opening(let until), .idle(_, let until): until
            case .busy: nil
            }
        }
        if let next = (limits + requests.values.map(\.deadline)).min() { wake(by: next) }
    }

    private mutating func shutDown() {
        isShutDown = true
        for (id, request) in requests.sorted(by: { $0.key.number < $1.key.number }) {
            end(id, request.connection == nil ? .notSent(.ended(Self.stopping)) : .lost(Self.stopping))
        }
        for id in connections.keys.sorted(by: { $0.number < $1.number }) { actions.append(.close(id)) }
        (requests, connections, sites, idleCount) = ([:], [:], [:], 0)
    }

    private static let cancelled = "The request was cancelled."
    private static let stopping = "The request was given up because Giftbridge is stopping."
    private static let noConnection = "Could not connect to the vendor in time."
}
