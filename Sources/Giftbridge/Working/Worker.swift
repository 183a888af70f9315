import LibPQ
import Logging
import ServiceLifecycle
import SmartGift

/// The worker: wake, claim, submit, settle, drain. A loop that does what the ``Agenda`` says.
///
/// The loop alone touches the database, over one connection, so that results gather while it is busy and are written
/// together. It runs on the thread of the database's socket. Requests run beside it, one task each, on the thread of the
/// vendor's sockets; they never touch the database.
package actor Worker: Service {
    /// The loop of the database's connections, as the actor's executor.
    package nonisolated var unownedExecutor: UnownedSerialExecutor { SocketLoop.shared.asUnownedSerialExecutor() }
    let configuration: BridgeConfiguration
    let name: String
    let logger: Logger
    /// The loop's turns: one at least every `GIFTBRIDGE_HEARTBEAT`, unless it waits for the database.
    package nonisolated let pulse = Pulse()
    /// What it counts.
    package nonisolated let metrics = WorkerMetrics()

    private let vendor = VendorClient()
    private let submission: OrderSubmission
    private let directory: AccountDirectory
    private let requestSlots: RequestSlots
    let wakeUp = WakeUp()
    let hasConnected = Latch()

    var agenda: Agenda
    private var backlog = Backlog()
    var queue: Queue?
    var reconnect = Reconnect()
    var status: WorkerStatus
    var accounts: [String: Result<Account, ConfigurationError>] = [:]
    /// Orders that are claimed and whose results have not come.
    private var held = 0
    /// What the last turn claimed but has not sent yet, and what it wrote but has not reported yet: both wait until the database is
    /// busy again.
    private var claimed: [ClaimedRows] = []
    private var written: [(Settlement, Settled?)] = []
    var isDraining = false
    /// Why it ended without being asked.
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
    package init(
        configuration: BridgeConfiguration, name: String, host: String, pid: Int, version: String, logger: Logger
    ) {
        self.configuration = configuration
        self.name = name
        self.logger = logger
        submission = OrderSubmission(
            vendor: vendor, policy: configuration.policy, lease: configuration.lease,
            requestTimeout: configuration.requestTimeout, metrics: metrics)
        requestSlots = RequestSlots(configuration.concurrency)
        directory = AccountDirectory(configuration)
        agenda = Agenda(
            slots: configuration.concurrency, heartbeat: configuration.heartbeat,
            pollInterval: configuration.pollInterval, at: .now)
        status = WorkerStatus(host: host, pid: pid, version: version)
    }

    /// Works until the drain has ended, which begins with a graceful shutdown or the task's cancellation. A database that is not
    /// there is waited for, at the start as well.
    ///
    /// - Throws: `Schema.Mismatch`, ``Clone``: what waiting cannot fix. ``Outdated``: the schema became newer; what was in flight
    ///   is written. ``Unsettled``: results could not be written back by the drain's end.
    package func run() async throws {
        // A task of its own: also when this one is cancelled, what is in flight is finished and written back.
        let work = Task(executorPreference: SocketLoop.shared) { try await self.work() }
        let result = await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await work.result
            } onGracefulShutdown: {
                Task { await self.drain() }
            }
        } onCancel: {
            Task { await self.drain() }
        }
        await queue?.connection.close()
        // Also where the worker ends with an error: what a request has brought must not be lost without a word.
        for result in backlog.results {
            logger.critical(
                "Could not save a result; the order becomes in_doubt when its lease expires.", metadata: result.metadata
            )
        }
        try result.get()
        guard backlog.isEmpty else { throw Unsettled(count: backlog.count) }
        if let outdated { throw outdated }
        logger.info("The worker has stopped.", metadata: ["worker": "\(name)"])
    }

    /// Begins the drain: nothing new is claimed, what is in flight is finished and written back.
    func drain() {
        guard !isDraining else { return }
        isDraining = true
        agenda.drain(until: .now + configuration.drainTimeout, at: .now)
        status.state = .draining
        note()
        logger.info(
            "Draining: no new orders are claimed; those in flight are finished.",
            metadata: ["in_flight": "\(status.inFlight)"])
        wakeUp.ring()
    }

    // MARK: The loop

    private func work() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask(executorPreference: SocketLoop.shared) { await self.listen() }
            do {
                try await loop()
            } catch {
                await collectLast()
                throw error
            }
            group.cancelAll()
        }
        try await end()
    }

    private func loop() async throws {
        while true {
            pulse.beat()
            collect()
            agenda.has(unwritten: backlog.ready(at: .now), again: backlog.nextAt, held: held)
            note()
            switch agenda.next(at: .now) {
            case .connect: try await connect()
            case .turn(let turn): await take(turn)
            case .wait(let until):
                catchUp()
                await wakeUp.wait(until: until)
            case .stop: return
            }
        }
    }

    /// One turn with the database: say how things are, write results, take orders, ask what waits.
    private func take(_ turn: Agenda.Turn) async {
        guard let queue else { return }
        do throws(QueueError) {
            if turn.beats {
                // Before the heartbeat: what changes while it is written needs another one.
                agenda.beat(at: .now)
                try await queue.heartbeat(status)
                if turn.claim.isEmpty { try await refreshAccounts(queue) }
            }
            if turn.rescues {
                agenda.rescued(at: .now)
                let rescued = try await queue.rescue()
                if rescued > 0 {
                    agenda.putBack(at: .now)
                    logger.warning(
                        "Leases of lost workers expired; their orders are in doubt.",
                        metadata: ["orders": "\(rescued)"])
                }
            }
            if let idles = turn.idles { try await queue.set(idle: idles) }
            if turn.settles || !turn.claim.isEmpty { try await exchange(turn, queue) }
            if let looks = turn.looks {
                catchUp()
                try await look(looks, queue)
            }
            reconnect.succeeded()
        } catch {
            await failed(error)
        }
    }

    /// Writes results and takes orders in one transaction; meanwhile what the last one took is sent.
    private func exchange(_ turn: Agenda.Turn, _ queue: Queue) async throws(QueueError) {
        let start = ContinuousClock.now
        let batch = turn.settles ? backlog.batch(at: start) : nil
        let claim = turn.claim.isEmpty ? nil : Queue.Claim(slots: agenda.rota.dealt, portions: turn.claim)
        do throws(QueueError) {
            let begun = try await queue.begin(settling: batch, claiming: claim)
            catchUp()
            let (settled, rows) = try await queue.finish(begun)
            if let batch {
                written += backlog.wrote(batch, settled, at: .now)
                if settled.contains(where: { ["pending", "in_doubt"].contains($0.status) }) {
                    agenda.putBack(at: .now)
                }
                agenda.wrote(at: .now)
                metrics.wroteBack(since: start)
            }
            if let claim {
                agenda.claimed(rows?.countsByLane ?? [:], of: claim.portions, slots: claim.slots, at: .now)
                held += rows?.count ?? 0
                if let rows, rows.count > 0 { claimed.append(rows) }
            }
        } catch {
            if claim != nil { agenda.claimFailed(at: .now) }
            if case .away = error { throw error }
            switch (batch, claim) {
            case (let batch?, nil): notWritten(batch, error)
            case (nil, _):
                logger.error("Could not claim orders; trying other orders first.", metadata: ["error": "\(error)"])
                status.note(error: "\(error)")
            // Results must not wait because a claim fails: the next turn writes them alone.
            case (_?, _?): break
            }
        }
    }

    private func notWritten(_ batch: Backlog.Batch, _ error: QueueError) {
        guard case .refused = error else {
            backlog.wasBusy(batch, at: .now)
            logger.notice(
                "Results are waiting for orders locked by another session.",
                metadata: ["results": "\(batch.results.count)", "error": "\(error)"])
            return
        }
        guard let refused = backlog.refused(batch, at: .now) else { return }
        status.note(error: "the database refused the result of order \(refused.orderID): \(error)")
        var metadata = refused.metadata
        metadata["error"] = "\(error)"
        logger.critical("The database refused a result; it is kept and retried.", metadata: metadata)
    }

    /// Looks for waiting orders. For shops that are new or whose key has changed, the accounts are reported first.
    private func look(_ look: Agenda.Look, _ queue: Queue) async throws(QueueError) {
        var seen = try await queue.look(look)
        let now = ContinuousClock.now
        let unknown = Dictionary(
            seen.compactMap { row in row.lane.flatMap { isTold(row, $0.shop) ? nil : ($0.shop, row.apiURL) } },
            uniquingKeysWith: { first, _ in first })
        if !unknown.isEmpty {
            try await tell(unknown, queue)
            seen = try await queue.look(look)
        }
        let lanes = seen.compactMap { row -> Rota.Waiting? in
            guard let lane = row.lane, case .success? = accounts[lane.shop] else { return nil }
            return Rota.Waiting(lane: lane, allowance: row.allowance, readyAt: now + row.wait)
        }
        let rescueAt = seen.first { $0.lane == nil }.map { now + $0.wait }
        agenda.saw(
            lanes, isComplete: seen.count < look.rawValue, by: look, rescueAt: rescueAt, at: .now)
    }

    private func isTold(_ row: SeenLane, _ shop: String) -> Bool {
        switch accounts[shop] {
        case .success(let account)?: account.name == row.account && account.shopURL == row.apiURL
        case .failure?: row.account != nil
        case nil: false
        }
    }

    func tell(_ shops: [String: String?], _ queue: Queue) async throws(QueueError) {
        let found = await directory.accounts(of: shops)
        for (shop, account) in found {
            accounts[shop] = account
            if case .failure(let fault) = account {
                status.note(error: fault.description)
                logger.error(
                    "This worker cannot send the orders of a shop.",
                    metadata: ["shop": "\(shop)", "error": "\(fault)"])
            }
        }
        try await queue.tell(found)
    }

    /// Reads the keys of the shops with orders again, and reports changes to the database.
    private func refreshAccounts(_ queue: Queue) async throws(QueueError) {
        guard !accounts.isEmpty else { return }
        let known = accounts.mapValues { account in try? account.get().shopURL }  // One with a fault has none.
        let changed = await directory.accounts(of: known).filter { shop, account in
            (try? account.get().name) != (try? accounts[shop]?.get().name)  // A fault that stays is no change.
        }
        guard !changed.isEmpty else { return }
        for (shop, account) in changed { accounts[shop] = account }
        logger.notice("API keys or addresses have changed.", metadata: ["shops": "\(changed.keys.sorted())"])
        try await queue.tell(changed)
    }

    // MARK: Orders and results

    /// Sends what was claimed, and then takes note of what was written, since this was called last.
    private func catchUp() {
        for rows in claimed {
            for (lane, order) in rows.orders() {
                switch order {
                case .success(let order): send(order, agenda.rota.allowance(of: lane))
                case .failure(let error):
                    held -= 1
                    agenda.rota.ended(lane, isAnswer: false, at: .now)
                    logger.critical(
                        "Cannot read a claimed order; it becomes in_doubt when its lease expires.",
                        metadata: ["error": "\(error)"])
                }
            }
        }
        claimed = []
        for (result, settled) in written { report(result, settled) }
        written = []
    }

    private func send(_ order: ClaimedOrder, _ allowance: String) {
        logger.debug("Order claimed.", metadata: order.metadata)
        let account = try? accounts[order.shop]?.get()  // A shop without a key: the order is released.
        Task(executorPreference: vendor.executor) { [submission, requestSlots, wakeUp, vendor] in
            let result = await submission.submit(order, with: account, in: allowance, requestSlots)
            guard wakeUp.put(result) else { return }
            // Answers often arrive together: they are written in one transaction.
            vendor.executor.afterTurn { wakeUp.ring() }
        }
    }

    /// Takes what requests have brought.
    private func collect() {
        let arrived = wakeUp.take()
        let now = ContinuousClock.now
        // The vendor does not want more, or takes its time: what was claimed ahead is put back, for any worker.
        requestSlots.turnAwayLate()
        if arrived.contains(where: { $0.effect != nil }) { requestSlots.turnAway() }
        agenda.rota.waiting = requestSlots.waiting + claimed.reduce(0) { $0 + $1.count }
        guard !arrived.isEmpty else { return }
        held -= arrived.count
        for result in arrived {
            agenda.rota.ended(
                result.lane, isAnswer: result.httpStatus != nil, took: result.took ?? .zero, at: now)
        }
        backlog.add(arrived)
    }

    /// Takes note of a result that is in the database.
    private func report(_ result: Settlement, _ settled: Settled?) {
        let isApplied = settled?.isApplied == true
        metrics.settled(result, isApplied: isApplied)
        var metadata = result.metadata
        metadata["status"] = "\(settled?.status ?? "unknown")"
        if let alarm = Alarm(result, settled) {
            logger.log(level: alarm.level, "\(alarm.message)", metadata: metadata)
            if let fault = alarm.fault { status.note(error: fault) }
        }
        guard isApplied, let settled else { return }
        let became = OrderStatus(rawValue: settled.status)
        status.count(result, became: became)
        if result.effect == .setup, let error = result.error { status.note(error: error) }
        if let became {
            logger.log(level: result.level(of: became), "\(result.headline(of: became))", metadata: metadata)
        }
    }

    // MARK: The end

    /// Ends the requests that are still in flight, and takes their results.
    private func collectLast() async {
        await vendor.shutDown()
        catchUp()
        requestSlots.turnAway()
        let deadline = ContinuousClock.now + configuration.heartbeat
        collect()
        while held > 0, .now < deadline {
            await wakeUp.wait(until: deadline)
            collect()
        }
    }

    private func end() async throws {
        await collectLast()
        status.state = .stopped
        status.isListening = false
        backlog.hurry(at: .now)
        // A lost connection may show only here: one more is tried.
        for _ in 1...2 where !backlog.isEmpty {
            if queue == nil { try await connect() }
            while queue != nil, backlog.ready(at: .now) > 0 {
                let remaining = backlog.count
                await take(Agenda.Turn(settles: true))
                if backlog.count == remaining, backlog.nextAt != nil { break }
            }
        }
        catchUp()
        note()
        if queue == nil { try await connect() }
        await take(Agenda.Turn(beats: true, idles: false))
    }

    func note() {
        status.inFlight = held
        metrics.note(status, unwritten: backlog.count, isConnected: queue != nil)
    }
}
