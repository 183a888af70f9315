import LibPQ
import Logging
import ServiceLifecycle
import SmartGift

/// The worker: wake, claim, submit with bounded concurrency, settle, drain.
///
/// One loop does everything that touches the database, over one connection, so that results gather while it is busy and
/// are written together. Requests run beside it, one task each; they never touch the database.
public actor Worker: Service {
    private let configuration: BridgeConfiguration
    private let name: String
    private let logger: Logger
    private let vendor: VendorClient
    private let submission: OrderSubmission
    private let doorbell = Doorbell()

    private var status: WorkerStatus
    private var queue: OrderQueue?
    private var reconnect = Reconnect()
    private var reconnectAt = ContinuousClock.now
    /// Results that are not yet in the database. They stay until they are.
    private var unsettled: [Settlement] = []
    /// When to look for due orders; in the past: now.
    private var claimAt = ContinuousClock.now
    private var heartbeatAt = ContinuousClock.now
    /// Set when the drain begins: until when it waits.
    private var drainUntil: ContinuousClock.Instant?

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
        vendor = VendorClient(concurrency: configuration.concurrency, timeout: configuration.requestTimeout)
        submission = OrderSubmission(
            vendor: vendor,
            endpoints: VendorEndpoints(apiURL: configuration.apiURL, keys: configuration.apiKeys),
            policy: configuration.policy,
            lease: configuration.lease,
            requestTimeout: configuration.requestTimeout)
        status = WorkerStatus(host: host, pid: pid, version: version)
    }

    /// Works until the drain has ended, which begins with a graceful shutdown or the task's cancellation.
    ///
    /// - Throws: At the start: `ConnectionError`, `ServerError` or `Schema.Mismatch` if the database cannot be used. After the
    ///   start a database that goes away is waited for. At the end: ``Unsettled`` if results could not be written back.
    public func run() async throws {
        do {
            try await connect()
        } catch {
            try? await vendor.shutdown()  // The error to tell is why the worker cannot start.
            throw error
        }
        logger.info("The worker runs.", metadata: ["worker": "\(name)", "concurrency": "\(configuration.concurrency)"])
        // A task of its own: also when this one is cancelled, what is in the air is finished and written back.
        let work = Task { await self.work() }
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await work.value
            } onGracefulShutdown: {
                Task { await self.drain() }
            }
        } onCancel: {
            Task { await self.drain() }
        }
        try await vendor.shutdown()
        await queue?.connection.close()
        guard unsettled.isEmpty else {
            for settlement in unsettled {
                logger.critical(
                    "A result could not be written back: the order becomes in_doubt.", metadata: settlement.metadata)
            }
            throw Unsettled(count: unsettled.count)
        }
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

    /// Begins the drain: nothing new is claimed, what is in the air is finished and written back.
    private func drain() {
        guard drainUntil == nil else { return }
        drainUntil = .now + configuration.drainTimeout
        status.state = .draining
        heartbeatAt = .now
        logger.info("Draining.", metadata: ["in_flight": "\(status.inFlight)"])
        doorbell.ring()
    }

    private func work() async {
        status.state = .running
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.listen() }
            await withDiscardingTaskGroup { requests in
                while true {
                    let next = await step(&requests)
                    if isDrained { break }
                    await doorbell.wait(until: next)
                }
                requests.cancelAll()
            }
            group.cancelAll()
        }
        // Requests that the drain's end cut off have left their verdicts.
        status.state = .stopped
        status.isListening = false
        heartbeatAt = .now
        await withDatabase { try await self.settle($0) }
        await withDatabase { try await self.beat($0) }
    }

    private var isDrained: Bool {
        guard let drainUntil else { return false }
        return (status.inFlight == 0 && unsettled.isEmpty) || ContinuousClock.now >= drainUntil
    }

    /// One turn of the loop: settle what has come, claim what may go, tell how things are.
    ///
    /// - Returns: When to take the next turn, if nothing rings before.
    private func step(_ requests: inout DiscardingTaskGroup) async -> ContinuousClock.Instant {
        await withDatabase { queue in
            try await self.settle(queue)
            try await self.beat(queue)
        }
        let claimed = await withDatabase { try await self.claim($0) } ?? []
        for order in claimed {
            requests.addTask { [submission] in
                let settlement = await submission(order)
                await self.finished(settlement)
            }
        }
        guard queue != nil else { return min(reconnectAt, drainUntil ?? reconnectAt) }
        // A full house waits for a result to ring, not for the clock.
        let nextClaim = hasFreeSlots && drainUntil == nil ? claimAt : heartbeatAt
        return min(nextClaim, heartbeatAt, drainUntil ?? heartbeatAt)
    }

    private var hasFreeSlots: Bool { status.inFlight < configuration.concurrency }

    private func claim(_ queue: OrderQueue) async throws -> [ClaimedOrder] {
        guard drainUntil == nil, hasFreeSlots, claimAt <= .now else { return [] }
        let slots = configuration.concurrency - status.inFlight
        // Before the look: a hint that comes meanwhile brings it forward again.
        claimAt = .now + configuration.pollInterval
        let orders = try await queue.claim(
            slots: slots, lease: configuration.lease, verifyAfter: configuration.policy.verifyAfter)
        status.inFlight += orders.count
        if orders.count == slots {
            claimAt = .now
        } else {
            await lookAhead(queue, isIdle: orders.isEmpty)
        }
        return orders
    }

    /// Sets the clock to when something will be due. Never throws: the orders just claimed have to be sent all the same.
    private func lookAhead(_ queue: OrderQueue, isIdle: Bool) async {
        do {
            guard let nextDue = try await queue.nextDue() else { return }
            // A moment, where another worker holds what is due: its commit is a matter of milliseconds.
            claimAt = min(claimAt, .now + max(nextDue, .milliseconds(isIdle ? 5 : 0)))
        } catch {
            // Whatever is wrong with the connection shows at its next use.
            logger.debug("When the next order is due could not be asked.", metadata: ["error": "\(error)"])
        }
    }

    /// Something may be due.
    private func hint() {
        claimAt = .now
        doorbell.ring()
    }

    private func finished(_ settlement: Settlement) {
        status.inFlight -= 1
        unsettled.append(settlement)
        doorbell.ring()
    }

    private func settle(_ queue: OrderQueue) async throws {
        while !unsettled.isEmpty {
            let batch = Array(unsettled.prefix(500))
            let settled: [Settled]
            do {
                CrashPoint.settling.reached()
                settled = try await queue.settle(batch)
                CrashPoint.settled.reached()
            } catch let error as ServerError where batch.count > 1 && ["22", "23"].contains(error.sqlStateClass) {
                // One bad row must not sink its batch.
                logger.error(
                    "A batch of results was refused: writing them one by one.", metadata: ["error": "\(error)"])
                try await settleSingly(batch, queue)
                continue
            }
            unsettled.removeFirst(batch.count)
            report(batch, settled)
        }
    }

    private func settleSingly(_ batch: [Settlement], _ queue: OrderQueue) async throws {
        for settlement in batch {
            do {
                report([settlement], try await queue.settle([settlement]))
            } catch let error as ServerError where ["22", "23"].contains(error.sqlStateClass) {
                // Its lease turns it into in_doubt: visible, and never sold again blindly.
                status.note(error: "the result of order \(settlement.orderID) was refused by the database: \(error)")
                var metadata = settlement.metadata
                metadata["error"] = "\(error)"
                logger.critical("The database refuses a result: the order becomes in_doubt.", metadata: metadata)
            }
            unsettled.removeFirst()
        }
    }

    /// Tells of committed results.
    private func report(_ batch: [Settlement], _ settled: [Settled]) {
        let applied = Dictionary(settled.map { ($0.submissionID, $0) }, uniquingKeysWith: { first, _ in first })
        for settlement in batch {
            let current = applied[settlement.submissionID]?.status
            // Not applied but in the same state: an earlier write of ours whose answer was lost.
            if applied[settlement.submissionID]?.isApplied == true || current == settlement.status.rawValue {
                status.count(settlement)
                logger.log(level: settlement.level, "\(settlement.headline)", metadata: settlement.metadata)
                if case .setupFault(let reason) = settlement.consequence { status.note(error: reason) }
                if settlement.status == .pending || settlement.status == .inDoubt {
                    claimAt = min(claimAt, .now + (settlement.dueIn ?? configuration.pollInterval))
                }
            } else {
                var metadata = settlement.metadata
                metadata["status"] = "\(current ?? "unknown")"
                logger.warning(
                    "Somebody else acted on the order meanwhile: the result is in the journal only.", metadata: metadata
                )
            }
        }
    }

    private func beat(_ queue: OrderQueue) async throws {
        guard heartbeatAt <= .now else { return }
        try await queue.heartbeat(status)
        heartbeatAt = .now + configuration.heartbeat
    }

    private func listen() async {
        let listener = Listener(conninfo: configuration.databaseURL, logger: logger)
        await listener.run(onHint: { await self.hint() }, onChange: { await self.listening(fault: $0) })
    }

    private func listening(fault: String?) {
        status.isListening = fault == nil
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

// MARK: - The database, which may go away

extension Worker {
    /// Opens the connection of the loop, and checks that the schema is ours.
    private func connect() async throws {
        let connection = try await Connection.open(
            configuration.databaseURL, options: .giftbridge("worker"), logger: logger)
        do {
            try await Schema.check(connection)
            let queue = OrderQueue(connection: connection, worker: name)
            try await queue.heartbeat(status)
            self.queue = queue
        } catch {
            await connection.close()
            throw error
        }
    }

    /// Does something with the database if it is there; where it fails, the connection is given up and made anew later.
    ///
    /// - Returns: Nil if the database was not there.
    @discardableResult
    private func withDatabase<Value: Sendable>(_ body: (OrderQueue) async throws -> Value) async -> Value? {
        if queue == nil {
            guard reconnectAt <= .now else { return nil }
            do {
                try await connect()
                logger.notice("The database is back.")
                claimAt = .now
            } catch {
                return await giveUp(error)
            }
        }
        guard let queue else { return nil }
        do {
            let value = try await body(queue)
            reconnect.succeeded()
            return value
        } catch {
            return await giveUp(error)
        }
    }

    private func giveUp<Value>(_ error: any Error) async -> Value? {
        await queue?.connection.close()
        queue = nil
        status.note(error: "\(error)")
        let delay = reconnect.delay()
        reconnectAt = .now + delay
        logger.warning("The database is away: trying again.", metadata: ["error": "\(error)", "in": "\(delay)"])
        return nil
    }
}
