import LibPQ
import Logging
import ServiceLifecycle
import SmartGift

/// The worker: wake, claim, submit with bounded concurrency, settle, drain.
///
/// One loop does everything that touches the database, over one connection, so that results gather while it is busy and
/// are written together. It runs on the thread of the database's socket. Requests run beside it, one task each, on the thread
/// of the vendor's sockets; they never touch the database.
public actor Worker: Service {
    /// The loop of the database's connections, as the actor's executor.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { SocketLoop.shared.asUnownedSerialExecutor() }
    let configuration: BridgeConfiguration
    let name: String
    let logger: Logger
    /// The loop's turns: one at least every `GIFTBRIDGE_HEARTBEAT`, unless it waits for the database.
    public nonisolated let pulse = Pulse()
    /// What it counts.
    public nonisolated let metrics = WorkerMetrics()
    private let vendor: VendorClient
    private let submission: OrderSubmission
    private let doorbell = Doorbell()
    private let outbox = Outbox()

    var status: WorkerStatus
    var queue: OrderQueue?
    var reconnect = Reconnect()
    var reconnectAt = ContinuousClock.now
    /// Orders that are claimed and whose results have not been collected: on the way, or waiting for their turn.
    private var held = 0 {
        didSet { status.inFlight = min(held, configuration.concurrency) }
    }
    private var prefetch: Prefetch
    /// Results that are not yet in the database. They stay until they are.
    var unsettled: [Settlement] = []
    /// What the last turn took, not yet sent, and what it wrote, not yet told: both wait until the database is at work again.
    private var claimed: [ClaimedRows] = []
    var written: [(batch: [Settlement], settled: [Settled])] = []
    /// When to look for due orders; in the past: now.
    var claimAt = ContinuousClock.now
    private var heartbeatAt = ContinuousClock.now
    /// Something waits that the last claim could not take. When it can is known better once answers are written.
    private var isBacklogged = false
    /// The last claim took all there was: when there will be more is to be asked.
    private var mustLookAhead = false
    /// How often in a row something was due that no claim could take: another worker holds it, or a shop's transaction.
    private var vainClaims = 0
    /// Set when the drain begins: until when it waits.
    private var drainUntil: ContinuousClock.Instant?
    /// Why it ended by itself.
    var outdated: Outdated?

    /// Makes a worker; it does nothing until ``run()``.
    ///
    /// - Parameters:
    ///   - configuration: The settings.
    ///   - name: Its name in journal and status table; no two live workers have the same.
    ///   - host: The machine's name, for the status table.
    ///   - pid: The process id, for the status table.
    ///   - version: This program's version, for the status table.
    ///   - logger: Gets one line per finished order.
    public init(
        configuration: BridgeConfiguration, name: String, host: String, pid: Int, version: String, logger: Logger
    ) {
        self.configuration = configuration
        self.name = name
        self.logger = logger
        vendor = VendorClient()
        submission = OrderSubmission(
            vendor: vendor,
            endpoints: VendorEndpoints(apiURL: configuration.apiURL, keys: configuration.apiKeys),
            policy: configuration.policy,
            lease: configuration.lease,
            requestTimeout: configuration.requestTimeout,
            metrics: metrics)
        // None is claimed ahead: what is claimed is sent at once.
        prefetch = Prefetch(limit: 0)
        status = WorkerStatus(host: host, pid: pid, version: version)
    }

    /// Works until the drain has ended, which begins with a graceful shutdown or the task's cancellation.
    ///
    /// - Throws: At the start: `ConnectionError`, `ServerError` or `Schema.Mismatch` if the database cannot be used. After the
    ///   start a database that goes away is waited for; one that comes back with a newer schema gets what is in the air, then
    ///   ``Outdated``. At the end: ``Unsettled`` if results could not be written back.
    public func run() async throws {
        do {
            try await connect()
        } catch {
            await vendor.shutDown()
            throw error
        }
        logger.info("The worker runs.", metadata: ["worker": "\(name)", "concurrency": "\(configuration.concurrency)"])
        // A task of its own: also when this one is cancelled, what is in the air is finished and written back.
        let work = Task(executorPreference: SocketLoop.shared) { await self.work() }
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await work.value
            } onGracefulShutdown: {
                Task { await self.drain() }
            }
        } onCancel: {
            Task { await self.drain() }
        }
        await queue?.connection.close()
        guard unsettled.isEmpty else {
            for settlement in unsettled {
                logger.critical(
                    "A result could not be written back: the order becomes in_doubt.", metadata: settlement.metadata)
            }
            throw Unsettled(count: unsettled.count)
        }
        if let outdated { throw outdated }
        logger.info("The worker has stopped.", metadata: ["worker": "\(name)"])
    }

    /// Results that could not be written back before the drain's end; their orders become `in_doubt` with their lease.
    public struct Unsettled: Error, CustomStringConvertible {
        /// How many.
        public let count: Int
        /// How many, and what becomes of them.
        public var description: String {
            "\(count) results could not be written back to the database; their orders become in_doubt and are looked at again"
        }
    }

    /// Somebody migrated the database to a newer schema while the worker ran.
    public struct Outdated: Error, CustomStringConvertible {
        let mismatch: Schema.Mismatch
        /// What is wrong and what to do.
        public var description: String { "the worker has drained and ends, as \(mismatch)" }
    }

    /// Begins the drain: nothing new is claimed, what is in the air is finished and written back.
    func drain() {
        guard drainUntil == nil else { return }
        drainUntil = .now + configuration.drainTimeout
        status.state = .draining
        metrics.note(status, unwritten: unsettled.count, isConnected: queue != nil)
        heartbeatAt = .now
        logger.info("Draining.", metadata: ["in_flight": "\(status.inFlight)"])
        doorbell.ring()
    }

    private func work() async {
        status.state = .running
        metrics.note(status, unwritten: unsettled.count, isConnected: queue != nil)
        await withTaskGroup(of: Void.self) { group in
            group.addTask(executorPreference: SocketLoop.shared) { await self.listen() }
            while true {
                pulse.beat()
                let next = await step()
                metrics.note(status, unwritten: unsettled.count, isConnected: queue != nil)
                if isDrained { break }
                await doorbell.wait(until: next)
            }
            group.cancelAll()
        }
        // What the drain's end cuts off leaves its verdicts.
        await vendor.shutDown()
        catchUp()
        while held > 0 {
            await doorbell.wait(until: .now + configuration.heartbeat)
            collect()
        }
        status.state = .stopped
        status.isListening = false
        heartbeatAt = .now
        metrics.note(status, unwritten: unsettled.count, isConnected: queue != nil)
        // Twice: that the connection is gone may show only here.
        for _ in 1...2 where !unsettled.isEmpty {
            reconnectAt = .now
            await withDatabase { _ = try await self.settle($0, claiming: nil) }
        }
        catchUp()
        await withDatabase { try await self.beat($0) }
    }

    private var isDrained: Bool {
        guard let drainUntil else { return false }
        return (held == 0 && unsettled.isEmpty) || ContinuousClock.now >= drainUntil
    }

    /// One turn of the loop: tell how things are, settle what has come, claim what may go.
    ///
    /// - Returns: When to take the next turn, if nothing rings before.
    private func step() async -> ContinuousClock.Instant {
        let arrived = collect()
        let putBack = arrived.count(where: { $0.outcome == .released })
        await withDatabase { queue in
            // First: nothing is sent by a worker that has not said that it runs.
            try await self.beat(queue)
            try await self.turn(queue)
        }
        prefetch.turned(
            answers: arrived.count { Prefetch.isSoon($0.took) }, putBack: putBack, isBehind: !outbox.isEmpty)
        let isIdle = claimed.isEmpty
        // Where results wait, the next turn follows at once: this is done while the database is at it, and costs it nothing.
        if outbox.isEmpty || !unsettled.isEmpty || queue == nil || mustLookAhead { catchUp() }
        if mustLookAhead, let queue { await lookAhead(queue, isIdle: isIdle) }
        guard queue != nil else { return min(reconnectAt, drainUntil ?? reconnectAt) }
        // A full house waits for a result to ring, not for the clock.
        let nextClaim = freeSlots > 0 && drainUntil == nil ? claimAt : heartbeatAt
        return min(nextClaim, heartbeatAt, drainUntil ?? heartbeatAt)
    }

    /// Settles and claims, in one go where there is both to do.
    private func turn(_ queue: OrderQueue) async throws {
        let claim = claimToMake()
        if !unsettled.isEmpty {
            if let rows = try await settle(queue, claiming: claim), let claim { return took(rows, of: claim) }
            // An answer that is written frees its place in the allowance, sooner than one that is awaited.
            if claim == nil, isBacklogged, drainUntil == nil { await lookAhead(queue, isIdle: true) }
        }
        guard let claim = claim ?? claimToMake() else { return }
        took(try await queue.claim(claim), of: claim)
    }

    /// Sends what was claimed, and then takes note of what was written, since this was called last.
    func catchUp() {
        for rows in claimed {
            for order in rows.orders() {
                switch order {
                case .success(let order): send(order)
                case .failure(let error):
                    held -= 1
                    logger.critical(
                        "A claimed order cannot be read: it becomes in_doubt.", metadata: ["error": "\(error)"])
                }
            }
        }
        claimed = []
        for (batch, settled) in written { report(batch, settled) }
        written = []
    }

    private func send(_ order: ClaimedOrder) {
        logger.debug("Order claimed.", metadata: order.metadata)
        Task(executorPreference: vendor.executor) { [submission, outbox, doorbell, vendor] in
            guard outbox.put(await submission(order)) else { return }
            // Answers come in swarms: those of one swarm are written together.
            vendor.executor.afterTurn { doorbell.ring() }
        }
    }

    /// How many more orders to hold.
    private var freeSlots: Int { configuration.concurrency + prefetch.count - held }

    /// The claim that it is time for; nil: none.
    private func claimToMake() -> OrderQueue.Claim? {
        guard drainUntil == nil, freeSlots > 0, claimAt <= .now else { return nil }
        // Before the look: a hint that comes meanwhile brings it forward again.
        claimAt = .now + configuration.pollInterval
        return OrderQueue.Claim(
            slots: freeSlots, lease: configuration.lease, verifyAfter: configuration.policy.verifyAfter)
    }

    private func took(_ rows: ClaimedRows, of claim: OrderQueue.Claim) {
        if rows.count > 0 { claimed.append(rows) }
        held += rows.count
        isBacklogged = false
        mustLookAhead = rows.count < claim.slots
        if !mustLookAhead { claimAt = .now }
    }

    /// Sets the clock to when something will be due. Never throws: what is wrong with the connection shows at its next use.
    private func lookAhead(_ queue: OrderQueue, isIdle: Bool) async {
        mustLookAhead = false
        do {
            guard let nextDue = try await queue.nextDue() else { return }
            isBacklogged = true
            // Where another worker holds what is due, its commit is a matter of milliseconds; a shop's may take longer.
            let pause = isIdle ? Duration.milliseconds(min(5 << min(vainClaims, 8), 1000)) : .zero
            vainClaims = isIdle && nextDue == .zero ? vainClaims + 1 : 0
            claimAt = min(claimAt, .now + max(nextDue, pause))
        } catch {
            logger.debug("When the next order is due could not be asked.", metadata: ["error": "\(error)"])
        }
    }

    /// Something may be due.
    private func hint() {
        claimAt = .now
        doorbell.ring()
    }

    /// Takes what requests have brought.
    @discardableResult
    private func collect() -> [Settlement] {
        let arrived = outbox.takeAll()
        held -= arrived.count
        unsettled += arrived
        return arrived
    }

    private func beat(_ queue: OrderQueue) async throws {
        guard heartbeatAt <= .now else { return }
        // Before it is said: what changes meanwhile has to be said again.
        heartbeatAt = .now + configuration.heartbeat
        try await queue.heartbeat(status)
    }

    private func listen() async {
        let listener = Listener(conninfo: configuration.databaseURL, logger: logger)
        await listener.run(onHint: { await self.hint() }, onChange: { await self.listening(fault: $0) })
    }

    private func listening(fault: String?) {
        status.isListening = fault == nil
        metrics.listening(fault == nil)
        heartbeatAt = .now
        if let fault {
            status.note(error: fault)
            logger.warning("Not listening: due orders are found by polling.", metadata: ["error": "\(fault)"])
        } else {
            logger.debug("Listening.")
        }
        doorbell.ring()
    }
}
